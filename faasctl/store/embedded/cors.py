"""CORS: what browsers may do from other origins, by the bucket's rules or by ours.

Without rules every origin may use a signed link: it carries no cookie, so it lends no power.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from faasctl.store.embedded import documents
from faasctl.store.embedded.faults import S3Error

METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD")
_RULES = 100


@dataclass(frozen=True, slots=True)
class Rule:
    """Patterns with at most one `*`; `max_age` in seconds."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...] = ()
    expose: tuple[str, ...] = ()
    max_age: str | None = None


DEFAULT = (Rule(("*",), METHODS, ("*",), (), "3600"),)


def parse_rules(body: bytes) -> tuple[Rule, ...]:
    """A bucket's configuration; raises MalformedXML or InvalidRequest."""
    root = documents.read(body, "CORSConfiguration")
    rules = tuple(_parse_rule(element) for element in root.all("CORSRule"))
    if not 1 <= len(rules) <= _RULES:
        raise S3Error("MalformedXML")
    return rules


def _parse_rule(element: documents.Element) -> Rule:
    def texts(name: str) -> tuple[str, ...]:
        return tuple(child.text.strip() for child in element.all(name))

    rule = Rule(
        texts("AllowedOrigin"),
        texts("AllowedMethod"),
        texts("AllowedHeader"),
        texts("ExposeHeader"),
        element.value("MaxAgeSeconds"),
    )
    if not rule.origins or not rule.methods:
        raise S3Error("MalformedXML")
    unknown = [method for method in rule.methods if method not in METHODS]
    if unknown:
        raise S3Error(
            "InvalidRequest", f"Found unsupported HTTP method in CORS config. It is {unknown[0]}"
        )
    if any(pattern.count("*") > 1 for pattern in (*rule.origins, *rule.headers)):
        raise S3Error("InvalidRequest", "A pattern can not have more than one wildcard.")
    if rule.max_age is not None and not re.fullmatch(r"[0-9]{1,9}", rule.max_age):
        raise S3Error("MalformedXML")
    return rule


def preflight(rules: Sequence[Rule], headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that answer an OPTIONS request; raises AccessForbidden."""
    origin = headers.get("origin")
    method = headers.get("access-control-request-method")
    if not origin or not method:
        raise S3Error("BadRequest", "Insufficient information. Origin request header needed.")
    asked = _names(headers.get("access-control-request-headers", ""))
    rule = _find(rules, origin, method, asked)
    if rule is None:
        raise S3Error("AccessForbidden")
    answer = _origin_headers(rule, origin)
    answer["Access-Control-Allow-Methods"] = ", ".join(rule.methods)
    if asked:
        answer["Access-Control-Allow-Headers"] = ", ".join(asked)
    if rule.max_age is not None:
        answer["Access-Control-Max-Age"] = rule.max_age
    if rule.expose:
        answer["Access-Control-Expose-Headers"] = ", ".join(rule.expose)
    return answer


def decorate(
    rules: Sequence[Rule], origin: str, method: str, answer: Iterable[str]
) -> dict[str, str]:
    """The headers that let a page of that origin read an answer; none when no rule fits.

    Browsers know no patterns for exposed headers, so our own rule names those of this answer.
    """
    rule = _find(rules, origin, method, ())
    if rule is None:
        return {}
    added = _origin_headers(rule, origin)
    expose = rule.expose
    if rules is DEFAULT:
        expose = tuple(n for n in answer if n.lower() == "etag" or n.lower().startswith("x-amz-"))
    if expose:
        added["Access-Control-Expose-Headers"] = ", ".join(expose)
    return added


def _origin_headers(rule: Rule, origin: str) -> dict[str, str]:
    vary = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
    if "*" in rule.origins:
        return {"Access-Control-Allow-Origin": "*", "Vary": vary}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Vary": vary,
    }


def _find(rules: Sequence[Rule], origin: str, method: str, asked: Sequence[str]) -> Rule | None:
    for rule in rules:
        if method not in rule.methods or not _any(rule.origins, origin):
            continue
        if all(_any(rule.headers, name) for name in asked):
            return rule
    return None


def _any(patterns: Sequence[str], text: str) -> bool:
    return any(_fits(pattern.lower(), text.lower()) for pattern in patterns)


def _fits(pattern: str, text: str) -> bool:
    head, star, tail = pattern.partition("*")
    if not star:
        return pattern == text
    return len(text) >= len(head) + len(tail) and text.startswith(head) and text.endswith(tail)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip().lower() for name in text.split(",") if name.strip())
