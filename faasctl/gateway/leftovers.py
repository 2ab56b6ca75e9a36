"""Function processes of a gateway that died: told from strangers, and ended."""

from __future__ import annotations

import contextlib
import os
import signal

import psutil

from faasctl.gateway.records import ProcessRecord, Records

#: Seconds by which two readings of one process's creation may differ.
_SAME = 0.1


def clear(records: Records) -> None:
    """End what an earlier gateway left running."""
    left = list(records.processes())
    if not left:
        return
    sessions = {record.pid: record for record in left}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            record = sessions.get(os.getsid(process.pid))
            if record is not None and _belongs(process, record):
                process.send_signal(signal.SIGKILL)
    for record in left:
        records.drop_process(record.pid)


def _belongs(process: psutil.Process, record: ProcessRecord) -> bool:
    """Whether it is the process recorded, or one that it started."""
    created = process.create_time()
    if process.pid == record.pid:
        return abs(created - record.created) <= _SAME
    return created >= record.created - _SAME
