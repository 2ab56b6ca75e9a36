"""Golden cases against a function: in a process of its own, or where it is deployed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from faasctl import cases as golden
from faasctl import http
from faasctl.cases import Case
from faasctl.errors import FaasctlError
from faasctl.model import MLComponent
from faasctl.pipeline import foreground
from faasctl.pipeline.deploying import deployment
from faasctl.pipeline.loading import chosen
from faasctl.pipeline.session import Session
from faasctl.plan import Event
from faasctl.ports import Report


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case on one component; `differences` is empty when it passed."""

    component: str
    case: str
    passed: bool
    seconds: float
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tested:
    passed: int
    failed: int
    cases: tuple[CaseResult, ...]


def test(session: Session, names: Sequence[str], report: Report, *, deployed: bool) -> Tested:
    """Every golden case of the chosen components.

    Raises DeployError when a function does not start, UnknownNameError when one isn't deployed.
    """
    components = chosen(session.module, names)
    cases = golden.load(session.module.root)
    if not cases:
        raise FaasctlError(
            "the module has no golden cases", hint=f"write {golden.FOLDER}/NAME.yaml"
        )
    results = [
        result
        for component in components
        for result in _tested(session, component, cases, report, deployed=deployed)
    ]
    failed = sum(1 for result in results if not result.passed)
    return Tested(len(results) - failed, failed, tuple(results))


def lines(result: CaseResult) -> Iterator[str]:
    """A result for a person."""
    word = "passed" if result.passed else "FAILED"
    yield f"{word}  {result.component}  {result.case}  {result.seconds * 1000:.0f} ms"
    yield from (f"    {difference}" for difference in result.differences)


def _tested(
    session: Session,
    component: MLComponent,
    cases: Sequence[Case],
    report: Report,
    *,
    deployed: bool,
) -> Iterator[CaseResult]:
    only = len(session.module.functions) == 1
    mine = golden.for_component(cases, component.name, only=only)
    if not mine:
        return
    with _url(session, component, report, deployed=deployed) as url:
        report(Event(component.name, "probe", f"{len(mine)} cases"))
        for case in mine:
            yield _called(url, component, case)


@contextmanager
def _url(
    session: Session, component: MLComponent, report: Report, *, deployed: bool
) -> Iterator[str]:
    if deployed:
        yield deployment(session, component.name).url
        return
    prepared = foreground.prepare(session, component.name, report)
    report(Event(component.name, "start", "a process"))
    with foreground.serving(prepared) as url:
        yield url


def _called(url: str, component: MLComponent, case: Case) -> CaseResult:
    started = time.perf_counter()
    body = json.dumps(case.request).encode()
    headers = {"content-type": "application/json"}
    limit = component.timeout + 60.0
    answer = http.send_to(url, http.Request("POST", case.path, body, headers, timeout=limit))
    seconds = time.perf_counter() - started
    found: tuple[str, ...]
    if answer.status != case.status:
        found = (f"status: expected {case.status}, got {answer.status}: {answer.text}",)
    else:
        found = (
            tuple(golden.differences(case.expect, _value(answer.text), case.tolerance))
            if (case.expect is not None)
            else ()
        )
    return CaseResult(component.name, case.name, not found, round(seconds, 4), found)


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text
