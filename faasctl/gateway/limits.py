"""The gateway's own times and sizes, in seconds and bytes; tests use smaller ones."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """`start` bounds a process's way to ready and a request's wait for one (at least).

    `grace` is what a process gets beyond its own time limit before the gateway answers for it;
    `drain` bounds how long a stopping gateway waits for requests in flight.
    """

    start: float = 60.0
    grace: float = 5.0
    drain: float = 30.0
    watch: float = 0.5
    log_size: int = 5_000_000
    log_files: int = 10
