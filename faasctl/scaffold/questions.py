"""What a template wants to know, and the answers that it takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faasctl.errors import UsageError
from faasctl.manifest.spelling import hint_for

#: What templates see of their variables: text, or yes and no.
Answers = dict[str, str | bool]

_YES = frozenset(["yes", "y", "true", "t", "on", "1"])
_NO = frozenset(["no", "n", "false", "f", "off", "0"])


@dataclass(frozen=True, slots=True)
class Answered:
    """A template's variables; `overrides` says the same in the form that cookiecutter takes."""

    values: Answers
    overrides: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """One variable of a template; `choices` is empty where any text will do."""

    name: str
    prompt: str
    default: str
    choices: tuple[str, ...] = ()


#: Asks one question; the answer is checked like one from the command line.
Ask = Callable[[Question], str]


def by_default(question: Question) -> str:
    """The answer that is given when nobody is asked."""
    return question.default


def variables(template: Path) -> dict[str, Any]:
    """The variables of a template as its cookiecutter.json has them.

    Raises UsageError when that file is absent or no JSON object.
    """
    file = template / "cookiecutter.json"
    try:
        values = json.loads(file.read_text("utf-8"))
    except FileNotFoundError as error:
        raise UsageError(
            f"{template} is no template: it has no cookiecutter.json",
            hint="name a cookiecutter template, or leave --template out for ours",
        ) from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{file}: {error}") from error
    if not isinstance(values, dict):
        raise UsageError(f"{file}: expected a JSON object")
    return values


def answer(values: Mapping[str, Any], given: Mapping[str, str], ask: Ask = by_default) -> Answered:
    """All of a template's variables: those in `given` first of all, the others asked for.

    A default may be made of earlier answers. Raises UsageError for an unknown variable and for an
    answer that is not among the choices.
    """
    asked = {
        name: raw
        for name, raw in values.items()
        if not name.startswith("_") and raw is not None and not isinstance(raw, dict)
    }
    for name in given:
        if name not in asked:
            raise UsageError(f"{name!r} is no variable of the template", hint=hint_for(name, asked))
    answers: Answers = {}
    overrides: dict[str, Any] = {}
    for name, raw in asked.items():
        question = _question(name, raw, values.get("__prompts__", {}), answers)
        text = given[name] if name in given else ask(question)
        answers[name] = _truth(name, text) if isinstance(raw, bool) else _text(question, text)
        place = question.choices.index(text) if isinstance(raw, list) else 0
        overrides[name] = raw[place] if isinstance(raw, list) else answers[name]
    return Answered(answers, overrides)


def _question(name: str, raw: Any, prompts: Mapping[str, Any], answers: Answers) -> Question:
    prompt = prompts.get(name, name)
    if isinstance(prompt, dict):
        prompt = prompt.get("__prompt__", name)
    if isinstance(raw, bool):
        return Question(name, str(prompt), "yes" if raw else "no", ("yes", "no"))
    if isinstance(raw, list):
        if not raw:
            raise UsageError(f"cookiecutter.json: {name!r} has no choices")
        choices = tuple(_rendered(one, answers) for one in raw)
        return Question(name, str(prompt), choices[0], choices)
    return Question(name, str(prompt), _rendered(raw, answers))


def _rendered(raw: Any, answers: Answers) -> str:
    from cookiecutter.environment import StrictEnvironment
    from jinja2 import TemplateError

    try:
        environment = StrictEnvironment(context={"cookiecutter": dict(answers)})
        return str(environment.from_string(str(raw)).render(cookiecutter=answers))
    except TemplateError as error:
        raise UsageError(f"cookiecutter.json: {raw!r}: {error}") from error


def _text(question: Question, text: str) -> str:
    if question.choices and text not in question.choices:
        raise UsageError(
            f"{question.name}: {text!r} is none of {', '.join(question.choices)}",
            hint=hint_for(text, question.choices),
        )
    return text


def _truth(name: str, text: str) -> bool:
    if text.casefold() not in _YES | _NO:
        raise UsageError(f"{name}: {text!r} is neither yes nor no")
    return text.casefold() in _YES
