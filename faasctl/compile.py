"""A component as its handler reads it; pure."""

from __future__ import annotations

from faasctl.errors import FaasctlError
from faasctl.model import Interface, MLComponent
from handlers.contract import compiled
from handlers.contract.compiled import CompiledComponent, WarmupRequest


def compile_component(
    component: MLComponent, namespace: str, warmup: WarmupRequest | None
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
    reference = component.model_reference
    return CompiledComponent(
        namespace=namespace,
        name=component.name,
        interface=(component.interface or Interface.INFERENCE).value,
        function=entry.python_function,
        python_path=entry.python_path,
        model_key=reference.path if reference else "",
        timeout=component.timeout,
        concurrency=component.scaling.concurrency,
        warmup=warmup,
    )


def compiled_text(component: CompiledComponent) -> str:
    """The JSON that the handler reads."""
    return compiled.dump(component)
