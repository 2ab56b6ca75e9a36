"""The variables that docstrings declare."""

from __future__ import annotations

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.contract.docstring import Signature, Variable, VariableType, parse


def only(text: str) -> Variable:
    (variable,) = parse(text).inputs
    return variable


def typed(words: str) -> tuple[VariableType, ...]:
    return only(f":type inputs.x: {words}").types


@pytest.mark.parametrize(
    ("words", "types"),
    [
        ("FP32", [VariableType("FP32")]),
        ("FP32[-1,4]", [VariableType("FP32", (-1, 4))]),
        ("FP32[ -1, 4 ]", [VariableType("FP32", (-1, 4))]),
        ("FP32 [-1,4]", [VariableType("FP32", (-1, 4))]),
        ("FP32[]", [VariableType("FP32", ())]),
        ("FP32[-7]", [VariableType("FP32", (-1,))]),
        ("`FP32`", [VariableType("FP32")]),
        ("FP32 or FP64", [VariableType("FP32"), VariableType("FP64")]),
        ("FP32   or   FP64", [VariableType("FP32"), VariableType("FP64")]),
        (
            "FP64[-1,4] or FP32[-1,4]",
            [VariableType("FP64", (-1, 4)), VariableType("FP32", (-1, 4))],
        ),
        ("FILE(image/png)", [VariableType("FILE", None, "image/png")]),
        ("FILE(image/png) or str", [VariableType("FILE", None, "image/png"), VariableType("str")]),
        ("FILE(image/png or image/jpeg)", [VariableType("FILE", None, "image/png or image/jpeg")]),
        ("picture", [VariableType("picture")]),
    ],
)
def test_types_have_a_word_a_shape_and_a_content_type(
    words: str, types: list[VariableType]
) -> None:
    assert typed(words) == tuple(types)


@pytest.mark.parametrize(
    "words", ["", "list of numbers", "FP32[--1]", "FP32[1-2]", "FP32[a]", "FP32[", "FP32)", "[4]"]
)
def test_words_that_are_no_type_are_passed_over(words: str) -> None:
    assert typed(words) == ()


@pytest.mark.parametrize("tail", [", optional", ",optional", " ,  optional", ", optional."])
def test_a_variable_is_optional_when_its_type_says_so(tail: str) -> None:
    variable = only(f":type inputs.x: FP32 or FP64{tail}")
    assert variable.optional
    assert [one.datatype for one in variable.types] == ["FP32", "FP64"]


def test_a_variable_is_needed_unless_it_says_otherwise() -> None:
    assert not only(":type inputs.optional: FP32").optional


def test_descriptions_go_on_in_the_next_lines() -> None:
    text = """
    :param inputs.x: sepal length,
        sepal width,
      petal length
    :type inputs.x: FP32[-1,4]
        or FP64[-1,4], optional
    """
    variable = only(text)
    assert variable.description == "sepal length, sepal width, petal length"
    assert variable.types == (VariableType("FP32", (-1, 4)), VariableType("FP64", (-1, 4)))
    assert variable.optional


def test_a_blank_line_or_another_field_ends_a_variable() -> None:
    text = """
    :param inputs.x: the first

    nobody's text
    :param inputs.y: the second
    :returns: something
        that goes on
    """
    assert [(one.name, one.description) for one in parse(text).inputs] == [
        ("x", "the first"),
        ("y", "the second"),
    ]


@pytest.mark.parametrize("indent", ["", "  ", "\t", "\t  ", "        "])
def test_indentation_means_nothing(indent: str) -> None:
    text = f"Title\n\n{indent}:param inputs.x: it\n  {indent}:type inputs.x: str\n"
    assert only(text) == Variable("x", "it", (VariableType("str"),))


def test_missing_pieces_stay_empty() -> None:
    text = """
    :param inputs.described: no type
    :type inputs.typed: FP32
    :param inputs: not a variable
    :type nothing.x: FP32
    :param x: a plain parameter
    """
    assert parse(text).inputs == (
        Variable("described", "no type"),
        Variable("typed", "", (VariableType("FP32"),)),
    )


def test_inputs_outputs_and_parameters_keep_their_order() -> None:
    text = """
    :type outputs.b: FP32
    :type inputs.z: FP32
    :type parameters.p: FP32
    :type outputs.a: FP32
    :type inputs.y: FP32
    """
    signature = parse(text)
    assert [one.name for one in signature.inputs] == ["z", "y"]
    assert [one.name for one in signature.outputs] == ["b", "a"]
    assert [one.name for one in signature.parameters] == ["p"]


@pytest.mark.parametrize(
    "text",
    ["Tell the\nspecies.", "\n    Tell the\n    species.\n\n    More.\n", "Tell the species.\n"],
)
def test_the_first_paragraph_is_the_summary(text: str) -> None:
    assert parse(text).summary == "Tell the species."
    assert parse(inspect.cleandoc(text)).summary == "Tell the species."


@pytest.mark.parametrize("text", [None, "", "  \n "])
def test_no_docstring_declares_nothing(text: str | None) -> None:
    assert parse(text) == Signature()


@given(st.text(alphabet=":paramtypeinputs.x FILE[]()-1,or\n\t"))
def test_no_docstring_breaks_the_reader(text: str) -> None:
    assert isinstance(parse(f":type inputs.x: {text}"), Signature)
