"""The MLComponent: keys of its spec, and what must agree in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

from faasctl.manifest.kinds import tuning
from faasctl.manifest.kinds.connections import CONNECTIONS, Connected, connections
from faasctl.manifest.kinds.environment import ENV, variables
from faasctl.manifest.kinds.names import WORD
from faasctl.manifest.kinds.resources import (
    IMAGE,
    LIMITS,
    REQUESTS,
    check_requests,
    limits_of,
)
from faasctl.manifest.paths import AbsolutePath, AnyPath, RelativePath, is_inside
from faasctl.manifest.report import CaseClaim, CodeClaim, Placed
from faasctl.manifest.scalars import Choice, Text
from faasctl.manifest.sections import Fields, Key, Section, ignored, may, need
from faasctl.manifest.shapes import Located
from faasctl.manifest.spelling import hint_for
from faasctl.manifest.tree import quote
from faasctl.model import (
    Component,
    EntryPoint,
    ExistingImage,
    FileExchange,
    Interface,
    MLComponent,
    ModelReference,
    Resources,
)

_FUNCTION = Text(
    "a dotted name of modules and a function",
    r"^[^\W\d]\w*(\.[^\W\d]\w*)+$",
    longest=255,
    hint="for example digits.serve.inference",
)
PYTHON_PATH = may(
    "pythonPath", RelativePath("the module"), "the folder that imports start from", default="."
)
PYTHON_FUNCTION = need("pythonFunction", _FUNCTION, "the function or class, with its modules")
FILE_BOX = need("fileBox", Located(WORD), "the connection that users' files go through")
FILES_PATH = need(
    "inferenceFilesPath", Located(AbsolutePath()), "a folder of the function for those files"
)
MODEL_BOX = may("modelBox", Located(WORD), "the connection that holds the model")
MODEL_PATH = need("modelPath", Located(AnyPath()), "the model's file or folder")


@dataclass(frozen=True, slots=True)
class _Entry:
    folder: Placed[str]
    function: Placed[str]

    @property
    def value(self) -> EntryPoint:
        return EntryPoint(self.folder.value, self.function.value, self.function.position)


@dataclass(frozen=True, slots=True)
class _Exchange:
    box: Placed[str]
    path: Placed[str]

    @property
    def value(self) -> FileExchange:
        return FileExchange(self.box.value, self.path.value)


@dataclass(frozen=True, slots=True)
class _Model:
    box: Placed[str] | None
    path: Placed[str]

    @property
    def value(self) -> ModelReference:
        return ModelReference(self.box.value if self.box else None, self.path.value)


@dataclass(frozen=True, slots=True)
class _Inference:
    entry: _Entry | None = None
    exchange: _Exchange | None = None
    model: _Model | None = None


_ENTRY = Section(
    "a mapping of pythonPath and pythonFunction",
    (PYTHON_PATH, PYTHON_FUNCTION),
    lambda fields: _Entry(fields.placed(PYTHON_PATH), fields.placed(PYTHON_FUNCTION)),
)
_EXCHANGE = Section(
    "a mapping of fileBox and inferenceFilesPath",
    (FILE_BOX, FILES_PATH),
    lambda fields: _Exchange(fields[FILE_BOX], fields[FILES_PATH]),
)
_MODEL = Section(
    "a mapping of modelBox and modelPath",
    (MODEL_BOX, MODEL_PATH),
    lambda fields: _Model(fields[MODEL_BOX], fields[MODEL_PATH]),
)
ENTRY_POINT = may("entryPoint", _ENTRY, "the function or class that is called")
EXCHANGE = may("fileExchange", _EXCHANGE, "how files of users come and go")
MODEL_REFERENCE = may("model", _MODEL, "the model that is handed to the function")
INFERENCE = may(
    "inference",
    Section(
        "a mapping",
        (ENTRY_POINT, EXCHANGE, MODEL_REFERENCE),
        lambda fields: _Inference(fields[ENTRY_POINT], fields[EXCHANGE], fields[MODEL_REFERENCE]),
    ),
    "what is called, with what",
    default=_Inference(),
)
REGISTRY: Key[object] = ignored(
    "packageRegistryName",
    "a registry of Python packages",
    "what the function needs is added without a registry",
)
ML_SERVICE = may(
    "mlService",
    Section("a mapping", (INFERENCE, REGISTRY), lambda fields: fields[INFERENCE]),
    "the service around the function",
    default=_Inference(),
)
INTERFACE = may(
    "interface",
    Choice({str(one): one for one in Interface}),
    "how the code wants to be called; else found from the entry point",
)
MODEL = may("model", AnyPath(), "the model's file or folder, for model-file and repositories")
WARMUP = may(
    "warmup",
    Located(Text("the name of a golden case", r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$", longest=200)),
    "the golden case that runs before the function is ready",
)
EXPOSE = may("expose", Choice({"public": True}), "public: a URL that anybody may call")
_KEYS = (
    INTERFACE,
    MODEL,
    IMAGE,
    LIMITS,
    REQUESTS,
    ENV,
    ML_SERVICE,
    CONNECTIONS,
    WARMUP,
    EXPOSE,
    *tuning.TUNING_KEYS,
)


def _function(fields: Fields) -> Callable[..., Component]:
    service = fields[ML_SERVICE]
    limits = limits_of(fields)
    check_requests(fields, limits)
    tuning.check_timeout(fields)
    found, warmup = connections(fields), fields[WARMUP]
    if fields.sound(CONNECTIONS):
        _check_boxes(service, fields)
    _check_presence(service, fields)
    _claim(service.entry, fields)
    return partial(
        MLComponent,
        interface=_interface(service, fields),
        entry_point=service.entry.value if service.entry else None,
        model=fields[MODEL],
        model_reference=service.model.value if service.model else None,
        file_exchange=service.exchange.value if service.exchange else None,
        connections=found,
        image=fields[IMAGE].image,
        limits=limits,
        requests=fields[REQUESTS] or Resources(),
        env=variables(fields),
        scaling=fields[tuning.SCALING],
        batching=fields[tuning.BATCHING],
        instances=fields[tuning.INSTANCES],
        cache_size=fields[tuning.CACHE],
        timeout=fields[tuning.TIMEOUT],
        warmup=warmup.value if warmup else None,
        public=bool(fields[EXPOSE]),
        local=fields[tuning.LOCAL],
        protocol=fields[tuning.PROTOCOL],
        aws=fields[tuning.AWS],
        cold_start_p95=fields[tuning.COLD_START],
    )


def _check_boxes(service: _Inference, fields: Fields) -> None:
    """Names of connections exist, and paths lie where those connections put their boxes."""
    boxes = {one.name: one for one in fields[CONNECTIONS]}
    exchange, model = service.exchange, service.model
    if exchange is not None:
        _find(exchange.box, boxes)
        _check_scratch(exchange.path, boxes)
    if model is not None and model.box is not None and _find(model.box, boxes):
        connection = boxes[model.box.value].connection
        if connection is not None and connection.path is not None:
            _check_inside(model.path, connection.path)
    own = fields[MODEL]
    if own is not None and own.startswith("/"):
        _check_own(fields.placed(MODEL), own, boxes)


def _find(name: Placed[str], boxes: Mapping[str, Connected]) -> bool:
    if name.value in boxes:
        return True
    message = f"connectedBoxes has no connection {quote(name.value)}"
    hint = hint_for(name.value, boxes) or "add it to spec.connectedBoxes"
    name.error(message, hint)
    return False


def _check_inside(path: Placed[str], folder: str) -> None:
    if not is_inside(path.value, folder):
        hint = f"for example {folder}/{PurePosixPath(path.value).name}"
        path.error(f"{path.value} is not inside {folder}, where the box appears", hint)


def _mounts(boxes: Mapping[str, Connected]) -> list[tuple[str, str]]:
    """Name and folder of each connection that has one."""
    return [
        (name, one.connection.path)
        for name, one in boxes.items()
        if one.connection is not None and one.connection.path is not None
    ]


def _check_scratch(path: Placed[str], boxes: Mapping[str, Connected]) -> None:
    for name, folder in _mounts(boxes):
        if is_inside(path.value, folder) or is_inside(folder, path.value):
            message = f"{path.value} overlaps the path {folder} of {name}"
            path.error(message, "write a folder that nothing else uses")


def _check_own(place: Placed[str | None], path: str, boxes: Mapping[str, Connected]) -> None:
    folders = [folder for _, folder in _mounts(boxes)]
    if not any(is_inside(path, folder) for folder in folders):
        hint = "write a path of the module, or mount a box with connectedBoxes"
        place.error(f"{path} is in no connected box", hint)


def _check_presence(service: _Inference, fields: Fields) -> None:
    """There is something to run: a function, or a model file."""
    if not fields.sound(ML_SERVICE, INTERFACE, MODEL):
        return
    has_model = fields[MODEL] is not None or service.model is not None
    if fields[INTERFACE] is Interface.MODEL_FILE:
        if not has_model:
            fields.placed(INTERFACE).error("model-file needs a model", "add spec.model")
        if service.entry is not None:
            service.entry.function.error("model-file has no entry point", "remove entryPoint")
    elif service.entry is None and (fields[INTERFACE] is not None or fields[MODEL] is None):
        path = "mlService.inference.entryPoint"
        message = "missing: the function that is called"
        hint = "add pythonFunction: module.function, or spec.model for a model file"
        fields.at.key(path).error(fields.node, message, hint)


def _interface(service: _Inference, fields: Fields) -> Interface | None:
    """A model without code can only be a model file."""
    return fields[INTERFACE] or (None if service.entry else Interface.MODEL_FILE)


def _claim(entry: _Entry | None, fields: Fields) -> None:
    claims = fields.at.report.claims
    if entry is not None and not isinstance(fields[IMAGE].image, ExistingImage):
        claims.append(CodeClaim(entry.folder, entry.function))
    warmup = fields[WARMUP]
    if warmup is not None:
        claims.append(CaseClaim(warmup))


FUNCTION_SPEC = Section("a mapping", _KEYS, _function)
