"""The small JSON between `faasctl` and a handler."""

from __future__ import annotations

import json

import pytest

from handlers.contract.compiled import CompiledComponent, WarmupRequest, dump, parse
from handlers.contract.datatypes import PLATFORM, V2, v2_name

PLAIN = CompiledComponent("demo", "f", "inference", "m.inference")
WARM = CompiledComponent(
    "demo", "f", "inference", "m.inference", warmup=WarmupRequest("one", "/predict", {"inputs": []})
)


@pytest.mark.parametrize("component", [PLAIN, WARM])
def test_a_component_comes_back_as_it_was(component: CompiledComponent) -> None:
    assert parse(dump(component)) == component


def test_equal_components_give_equal_text() -> None:
    assert dump(PLAIN) == dump(CompiledComponent("demo", "f", "inference", "m.inference"))


@pytest.mark.parametrize(
    ("change", "said"),
    [({"format": 99}, "another version"), ({"surprise": 1}, "surprise")],
)
def test_a_component_for_another_handler_is_refused(change: dict[str, int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse(json.dumps({**json.loads(dump(PLAIN)), **change}))


@pytest.mark.parametrize(
    ("word", "v2"), [("str", "BYTES"), ("dict", "BYTES"), ("FILE", "BYTES"), ("FP32", "FP32")]
)
def test_platform_words_travel_as_v2_words(word: str, v2: str) -> None:
    assert word in PLATFORM
    assert v2_name(word) == v2
    assert v2 in V2


@pytest.mark.parametrize(
    ("name", "lowest", "highest"),
    [
        ("INT8", -128, 127),
        ("UINT8", 0, 255),
        ("INT64", -(2**63), 2**63 - 1),
        ("UINT64", 0, 2**64 - 1),
    ],
)
def test_integers_have_their_ranges(name: str, lowest: int, highest: int) -> None:
    assert (V2[name].lowest, V2[name].highest) == (lowest, highest)
