"""A function that does what its caller asks for, and says which version it is."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any

VERSION = "1"


def inference(
    parameters: Any, inputs: Any, output_fields: Any, model_key: str, model: Any = None
) -> Any:
    """Do what is asked, then answer.

    :param inputs.ask: any of `pause` (seconds), `eat` (MiB), `say`, `raise`, `die`, `environment`
    :type inputs.ask: dict
    :param outputs.answer: the version, the process, and the number that was asked for
    :type outputs.answer: dict
    """
    ask = inputs[0]["data"]
    time.sleep(ask.get("pause", 0))
    eaten = bytearray(ask.get("eat", 0) << 20)
    eaten[::4096] = b"x" * len(eaten[::4096])
    if "say" in ask:
        print(ask["say"], flush=True)  # noqa: T201 - what functions print is under test
    if "raise" in ask:
        raise ValueError(ask["raise"])
    if "die" in ask:
        os.kill(os.getpid(), signal.SIGKILL)
    if ask.get("eat"):
        time.sleep(5)
    answer = {"version": VERSION, "pid": os.getpid(), "number": ask.get("number")}
    if "environment" in ask:
        answer["environment"] = dict(os.environ)
        answer["arguments"] = sys.argv
    return [{"name": "answer", "datatype": "dict", "data": answer}], model
