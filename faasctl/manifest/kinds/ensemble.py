"""The Ensemble: keys of its spec, and the graph that its tensors make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from faasctl.manifest.cycles import find_cycles
from faasctl.manifest.kinds.names import WORD
from faasctl.manifest.report import MemberClaim, NameClaim, Placed
from faasctl.manifest.scalars import Choice, Integer, Text
from faasctl.manifest.sections import Fields, Section, may, need
from faasctl.manifest.shapes import Items, Located, Pairs
from faasctl.manifest.spelling import hint_for
from faasctl.manifest.tree import quote
from faasctl.model import Component, Ensemble, EnsembleStep, TensorSpec

_INTEGERS = tuple(f"{sign}INT{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64))
DATATYPES = ("BOOL", *_INTEGERS, "FP16", "FP32", "FP64", "BF16", "BYTES")

_TENSOR = Text("the name of a tensor", longest=255)
_MAP = Pairs(Located(_TENSOR), "a mapping of step tensors to ensemble tensors")
MODEL = need("model", WORD, "an MLComponent or Ensemble of this module")
VERSION = may("version", Integer(-1, 1_000_000_000), "its version; -1 is the latest", default=-1)
INPUT_MAP = need("inputMap", _MAP, "step tensor: ensemble tensor, for what the step reads")
OUTPUT_MAP = need("outputMap", _MAP, "step tensor: ensemble tensor, for what the step writes")
NAME = need("name", Located(_TENSOR), "the tensor's name")
DATATYPE = need("datatype", Choice({one: one for one in DATATYPES}), "its V2 datatype")
SHAPE = need("shape", Items(Integer(-1, 2**40), "a list of sizes"), "its shape; -1 is any size")

_Maps = tuple[tuple[str, Placed[str]], ...]


@dataclass(frozen=True, slots=True)
class _Step:
    model: Placed[str]
    version: int
    reads: _Maps
    writes: _Maps

    @property
    def value(self) -> EnsembleStep:
        reads, writes = (
            tuple((own, tensor.value) for own, tensor in pairs)
            for pairs in (self.reads, self.writes)
        )
        return EnsembleStep(self.model.value, reads, writes, self.version)


@dataclass(frozen=True, slots=True)
class _Tensor:
    name: Placed[str]
    datatype: str
    shape: tuple[int, ...]

    @property
    def value(self) -> TensorSpec:
        return TensorSpec(self.name.value, self.datatype, self.shape)


def _step(fields: Fields) -> _Step:
    model = fields.placed(MODEL)
    if fields[VERSION] == 0:
        fields.placed(VERSION).error("versions start at 1", "write -1 for the latest")
    fields.at.report.claims.append(NameClaim(model, ("MLComponent", "Ensemble")))
    fields.at.report.claims.append(MemberClaim(model))
    return _Step(model, fields[VERSION], fields[INPUT_MAP], fields[OUTPUT_MAP])


_STEP = Section("a step", (MODEL, VERSION, INPUT_MAP, OUTPUT_MAP), _step)
_TENSOR_KEYS = Section(
    "a mapping of name, datatype and shape",
    (NAME, DATATYPE, SHAPE),
    lambda fields: _Tensor(fields[NAME], fields[DATATYPE], fields[SHAPE]),
)
_TENSORS = Items(_TENSOR_KEYS, "a list of tensors", fewest=1, unique=lambda one: one.name.value)
STEPS = need("steps", Items(_STEP, "a list of steps", fewest=1), "the models and what they share")
INPUTS = need("inputs", _TENSORS, "tensors that a call gives")
OUTPUTS = need("outputs", _TENSORS, "tensors that a call gets")


def _ensemble(fields: Fields) -> Callable[..., Component]:
    steps, inputs, outputs = fields[STEPS], fields[INPUTS], fields[OUTPUTS]
    writers = _writers(steps, {one.name.value for one in inputs})
    if fields.sound(STEPS, INPUTS):
        _check_reads(steps, inputs, writers)
        _check_round(steps, writers)
    if fields.sound(STEPS, OUTPUTS):
        _check_outputs(outputs, writers)
    return partial(
        Ensemble,
        steps=tuple(one.value for one in steps),
        inputs=tuple(one.value for one in inputs),
        outputs=tuple(one.value for one in outputs),
    )


def _writers(steps: tuple[_Step, ...], inputs: set[str]) -> dict[str, int]:
    """Which step writes each tensor; reports those that are written twice."""
    writers: dict[str, int] = {}
    for index, step in enumerate(steps):
        for _, tensor in step.writes:
            if tensor.value in inputs:
                message = f"{quote(tensor.value)} is an input of the ensemble"
                tensor.error(message, "write another tensor")
            elif tensor.value in writers:
                first = steps[writers[tensor.value]].model
                message = f"{quote(tensor.value)} is written by the step {first.value} already"
                tensor.error(message, f"see line {first.node.line}; write another tensor")
            writers.setdefault(tensor.value, index)
    return writers


def _check_reads(
    steps: tuple[_Step, ...], inputs: tuple[_Tensor, ...], writers: dict[str, int]
) -> None:
    given = {one.name.value for one in inputs}
    read: set[str] = set()
    for step in steps:
        for _, tensor in step.reads:
            read.add(tensor.value)
            if tensor.value not in given and tensor.value not in writers:
                message = f"nothing gives the tensor {quote(tensor.value)}"
                tensor.error(message, hint_for(tensor.value, given | writers.keys()))
    for one in inputs:
        if one.name.value not in read:
            one.name.warn(f"no step reads the input {quote(one.name.value)}", "remove it")


def _check_outputs(outputs: tuple[_Tensor, ...], writers: dict[str, int]) -> None:
    for one in outputs:
        if one.name.value not in writers:
            message = f"no step writes the output {quote(one.name.value)}"
            one.name.error(message, hint_for(one.name.value, writers))


def _check_round(steps: tuple[_Step, ...], writers: dict[str, int]) -> None:
    """No step waits for a tensor that only exists after it."""
    needs = {
        str(index): [str(writers[name.value]) for _, name in step.reads if name.value in writers]
        for index, step in enumerate(steps)
    }
    for cycle in find_cycles(needs):
        going = [f"steps[{index}] ({steps[int(index)].model.value})" for index in cycle]
        names = " needs ".join((*going, going[0]))
        model = steps[int(cycle[0])].model
        model.error(f"these steps wait for each other: {names}", "break the circle")


ENSEMBLE_SPEC = Section(
    "a mapping of steps, inputs and outputs", (STEPS, INPUTS, OUTPUTS), _ensemble
)
