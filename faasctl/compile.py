"""A component as its handler reads it; pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from faasctl import model
from faasctl.errors import FaasctlError
from faasctl.model import Interface, MLComponent, MountedBox
from handlers.contract import compiled
from handlers.contract.compiled import CompiledComponent, FileExchange, Mount, WarmupRequest


@dataclass(frozen=True, slots=True)
class Places:
    """Where a target puts what a component names by paths of its own container.

    `exchange` is the folder of requests' files, `mount` gives a mounted box's path.
    """

    exchange: Callable[[model.FileExchange], str]
    mount: Callable[[MountedBox], str]


#: Nothing outside the process's own folders: a user's machine has no `/home/appname`.
RELATIVE = Places(lambda _: "exchange", lambda box: box.name)

#: As the manifest says: the container is ours.
AS_WRITTEN = Places(lambda one: one.inference_files_path, lambda box: box.path)


def compile_component(
    component: MLComponent, namespace: str, warmup: WarmupRequest | None, places: Places
) -> CompiledComponent:
    """The handler's view of a component.

    Raises FaasctlError for a component without an entry point.
    """
    entry = component.entry_point
    if entry is None:
        raise FaasctlError(
            f"{component.name}: no entry point",
            hint="write spec.mlService.inference.entryPoint.pythonFunction",
        )
    model_mount, model_key = _model(component, places)
    return CompiledComponent(
        namespace=namespace,
        name=component.name,
        interface=(component.interface or Interface.INFERENCE).value,
        function=entry.python_function,
        python_path=entry.python_path,
        model_key=model_key,
        model_mount=model_mount,
        timeout=component.timeout,
        concurrency=component.scaling.concurrency,
        warmup=warmup,
        exchange=_exchange(component, places),
        mounts=tuple(
            Mount(one.box, one.sub_path, places.mount(one))
            for one in component.connections
            if isinstance(one, MountedBox)
        ),
    )


def uses_boxes(component: MLComponent) -> bool:
    """Whether a component's processes need the storage."""
    mounted = any(isinstance(one, MountedBox) for one in component.connections)
    return mounted or component.file_exchange is not None


def _model(component: MLComponent, places: Places) -> tuple[str, str]:
    """The mount under which the model lies, empty for none, and its path there."""
    reference = component.model_reference
    if reference is None:
        return "", ""
    for one in component.connections:
        if one.name == reference.box and isinstance(one, MountedBox):
            inside = PurePosixPath(reference.path).relative_to(one.path)
            return places.mount(one), str(inside)
    return "", reference.path


def _exchange(component: MLComponent, places: Places) -> FileExchange | None:
    declared = component.file_exchange
    if declared is None:
        return None
    boxes = {one.name: one.box for one in component.connections}
    return FileExchange(boxes[declared.file_box], places.exchange(declared))


def compiled_text(component: CompiledComponent) -> str:
    """The JSON that the handler reads."""
    return compiled.dump(component)
