"""The ExperimentPipeline: keys of its spec, of its variables and of its stages."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from faasctl.manifest.kinds.connections import CONNECTIONS, claim_box, connections
from faasctl.manifest.kinds.environment import ENV, variables
from faasctl.manifest.kinds.flow import StageKeys, VariableKeys, check_flow
from faasctl.manifest.kinds.names import NAME, NAME_REFERENCE, VARIABLE, WORD
from faasctl.manifest.kinds.resources import (
    IMAGE,
    LIMITS,
    REQUESTS,
    check_requests,
    limits_of,
)
from faasctl.manifest.paths import RelativePath
from faasctl.manifest.quantities import DURATION_PATTERN, parse_duration
from faasctl.manifest.report import At, NextClaim, Placed
from faasctl.manifest.scalars import Flag, Integer, Quantity, Schema, SourceText
from faasctl.manifest.sections import Fields, Section, may, need
from faasctl.manifest.shapes import Items, Located, Mapped, Shapes
from faasctl.manifest.tree import Node
from faasctl.model import (
    BoxPath,
    Component,
    Connection,
    ExistingImage,
    ExperimentPipeline,
    PipelineVar,
    Resources,
    Stage,
)


@dataclass(frozen=True, slots=True)
class _CommandLine:
    """A command in one string, split as a shell would; no shell runs it."""

    def read(self, node: Node, at: At) -> tuple[str, ...] | None:
        text = SourceText("a command").read(node, at)
        if text is None:
            return None
        try:
            words = tuple(shlex.split(text))
        except ValueError as error:
            at.error(node, f"not a command: {str(error).lower()}", "write it as a list")
            return None
        if not words:
            at.error(node, "expected a command, got an empty text", "for example python train.py")
            return None
        return words

    def schema(self, *, strict: bool) -> Schema:
        return SourceText().schema(strict=strict)


@dataclass(frozen=True, slots=True)
class _Command:
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()


_WORDS: Shapes[tuple[str, ...]] = Shapes(
    "a command or a list of words",
    _CommandLine(),
    sequence=Items(SourceText("a word of a command"), fewest=1),
)
COMMAND = may("command", _WORDS, "what runs", default=(), aliases=("cmd",))
ARGS = may("args", _WORDS, "words after the command", default=())
_COMMAND_MAPPING = Section(
    "a mapping of command and args",
    (COMMAND, ARGS),
    lambda fields: _Command(fields[COMMAND], fields[ARGS]),
)
_ENTRY: Shapes[_Command] = Shapes(
    "a command, a list of words, or a mapping of command and args",
    Mapped(_CommandLine(), _Command),
    sequence=Mapped(Items(SourceText("a word of a command"), fewest=1), _Command),
    mapping=_COMMAND_MAPPING,
)

_FOLDER = RelativePath("the box")
_BOX = may("box", Located(WORD), "a connection of the pipeline, or a DataBox")
_CONNECTION = may("name", Located(WORD), "a connection of the pipeline, or a DataBox")
_DATA_BOX = may("s3BoxName", Located(WORD), "a DataBox of the module")
_PATH = may("path", _FOLDER, "the file or folder in the box", default=".", aliases=("subPath",))


@dataclass(frozen=True, slots=True)
class _Mount:
    """A place in a box, before it is known what its name names."""

    name: Placed[str]
    path: str
    may_be_connection: bool


def _mount(fields: Fields) -> _Mount | None:
    name = fields[_BOX] or fields[_CONNECTION] or fields[_DATA_BOX]
    path = "" if fields[_PATH] == "." else fields[_PATH]
    if name is None:
        return None
    return _Mount(name, path, may_be_connection=fields[_DATA_BOX] is None)


_MOUNT = Section(
    "a mapping of box and path", (_PATH,), _mount, one_of=(_BOX, _CONNECTION, _DATA_BOX)
)
MOUNT_FROM = may("mountFrom", _MOUNT, "a place in a box that always feeds this variable")
VARIABLE_NAME = need("name", VARIABLE, "the variable's name")


def _variable(fields: Fields) -> VariableKeys[_Mount]:
    return VariableKeys(fields.placed(VARIABLE_NAME), fields[MOUNT_FROM])


_VARIABLE = Section("a mapping of name", (VARIABLE_NAME, MOUNT_FROM), _variable)


def _name_of(variable: VariableKeys[_Mount]) -> str:
    return variable.name.value


_VARIABLES = Items(_VARIABLE, "a list of variables", unique=_name_of)
VARS = may("vars", _VARIABLES, "every variable of the pipeline", default=())
STAGE_NAME = need("name", NAME, "the stage's name")
INPUTS = may("inputs", _VARIABLES, "variables that the stage reads", default=())
OUTPUTS = may("outputs", _VARIABLES, "variables that the stage writes", default=())
ENTRY_POINT = may("entryPoint", _ENTRY, "what runs; else the image's own", default=_Command())
RETRIES = may("retries", Integer(0, 100), "how often a failed stage is tried again", default=0)
TIMEOUT = may(
    "timeout",
    Quantity(parse_duration, DURATION_PATTERN, "1s", "8760h"),
    "how long the stage may take",
)
CACHE = may("cache", Flag(), "skip the stage when nothing changed", default=True)
_STAGE_KEYS = (
    STAGE_NAME,
    IMAGE,
    INPUTS,
    OUTPUTS,
    ENTRY_POINT,
    ENV,
    LIMITS,
    REQUESTS,
    RETRIES,
    TIMEOUT,
    CACHE,
)


def _stage(fields: Fields) -> StageKeys[_Mount]:
    limits, entry = limits_of(fields), fields[ENTRY_POINT]
    check_requests(fields, limits)
    image = fields[IMAGE].image
    if not isinstance(image, ExistingImage):
        _check_entry(fields)
    stage = Stage(
        name=fields[STAGE_NAME],
        position=fields.placed(STAGE_NAME).position,
        image=image,
        inputs=tuple(one.name.value for one in fields[INPUTS]),
        outputs=tuple(one.name.value for one in fields[OUTPUTS]),
        command=entry.command,
        args=entry.args,
        env=variables(fields),
        limits=limits,
        requests=fields[REQUESTS] or Resources(),
        retries=fields[RETRIES],
        timeout=fields[TIMEOUT],
        cache=fields[CACHE],
    )
    return StageKeys(stage, fields[INPUTS], fields[OUTPUTS], fields[ENV])


def _check_entry(fields: Fields) -> None:
    if fields.sound(IMAGE) and not fields.given(ENTRY_POINT):
        message = "missing: what runs in an image that is built from the module"
        at = fields.at.key("entryPoint")
        at.error(fields.node, message, "add entryPoint: python train.py")


_STAGES = Items(
    Section("a stage", _STAGE_KEYS, _stage),
    "a list of stages",
    fewest=1,
    unique=lambda one: one.stage.name,
)
STAGES = need("stages", _STAGES, "what runs, one after the other")

_PIPELINE = need("experimentPipeline", NAME_REFERENCE, "the pipeline that runs next")
_NEXT_NAME = may("name", Located(WORD), "the pipeline that runs next")
_NEXT_PIPELINE = may("experimentPipeline", NAME_REFERENCE, "the pipeline that runs next")
_NEXT: Shapes[Placed[str]] = Shapes(
    "the name of a pipeline",
    Located(WORD),
    mapping=Section(
        "a mapping of name",
        (),
        lambda fields: fields[_NEXT_NAME] or fields[_NEXT_PIPELINE],
        one_of=(_NEXT_NAME, _NEXT_PIPELINE),
    ),
)
CONTINUE_WITH = may("continueWith", _NEXT, "the pipeline that runs after this one")


def _pipeline(fields: Fields) -> Callable[..., Component]:
    found = connections(fields)
    by_name = {one.name: one for one in found}
    check_flow(
        fields[VARS],
        fields[STAGES],
        fields.at.report,
        whole_vars=fields.sound(VARS),
        whole_stages=fields.sound(STAGES),
    )
    following = fields[CONTINUE_WITH]
    if following is not None:
        fields.at.report.claims.append(NextClaim(following))
    mounts = _mounts(fields, by_name)
    return partial(
        ExperimentPipeline,
        vars=tuple(PipelineVar(one.name.value, mounts.get(one.name.value)) for one in fields[VARS]),
        stages=tuple(one.stage for one in fields[STAGES]),
        connections=found,
        continue_with=following.value if following else None,
    )


def _mounts(fields: Fields, connections: dict[str, Connection]) -> dict[str, BoxPath]:
    """Where variables are fed from, written at the variable or at a stage that reads it."""
    readers = [one for stage in fields[STAGES] for one in stage.inputs]
    found: dict[str, BoxPath] = {}
    for variable in (*fields[VARS], *readers):
        if variable.mount is None:
            continue
        place = _resolve(variable.mount, connections, whole=fields.sound(CONNECTIONS))
        if found.setdefault(variable.name.value, place) != place:
            message = f"{variable.name.value} is mounted from another place already"
            variable.mount.name.error(message, "keep one mountFrom")
    return found


def _resolve(mount: _Mount, connections: dict[str, Connection], *, whole: bool) -> BoxPath:
    """The box behind a connection's name; any other name is a DataBox's."""
    connection = connections.get(mount.name.value) if mount.may_be_connection else None
    if connection is None:
        if whole or not mount.may_be_connection:
            claim_box(mount.name)
        return BoxPath(mount.name.value, mount.path)
    below = getattr(connection, "sub_path", "")
    return BoxPath(connection.box, "/".join(part for part in (below, mount.path) if part))


PIPELINE_SPEC = Section("a mapping", (VARS, STAGES, CONNECTIONS, CONTINUE_WITH), _pipeline)
