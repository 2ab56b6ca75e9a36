"""What functions print, as it was and as it comes."""

from __future__ import annotations

from collections.abc import Iterator

from faasctl.errors import UsageError
from faasctl.manifest.quantities import parse_duration
from faasctl.pipeline.deploying import deployment
from faasctl.pipeline.session import Session


def logs(
    session: Session, name: str | None, *, follow: bool, since: str | None, previous: bool
) -> Iterator[str]:
    """Lines of one function over all its processes; `since` such as `10m`.

    Raises UnknownNameError, and UsageError for a time that nobody can read.
    """
    there = deployment(session, name)
    return session.runner.logs(
        session.module.namespace,
        there.name,
        follow=follow,
        since=_seconds(since),
        previous=previous,
    )


def _seconds(since: str | None) -> float | None:
    if since is None:
        return None
    try:
        return parse_duration(since)
    except ValueError as error:
        raise UsageError(f"--since {since!r}: {error}", hint="write 30s, 10m or 2h") from error
