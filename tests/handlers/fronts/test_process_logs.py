"""What a function's process writes: a JSON object per line, with the request it belongs to."""

from __future__ import annotations

from typing import Any

import pytest

from tests.handlers.handler_fixtures import StartFunction

pytestmark = pytest.mark.e2e

QUIET = """
def inference(parameters, inputs, output_fields, model_key, model=None):
    return [], None
"""
EMPTY: dict[str, Any] = {"inputs": []}


def test_what_user_code_prints_and_logs_keeps_its_order_and_its_request(
    start_function: StartFunction,
) -> None:
    source = """
    import logging, sys
    print("at import")
    logging.info("a set-up by accident")
    log = logging.getLogger("mine")
    def inference(parameters, inputs, output_fields, model_key, model=None):
        print("one", end=" ")
        print("two")
        log.info("three %s", 3)
        print("four", file=sys.stderr)
        log.warning("five %d", "not a number")
        sys.stdout.write("six\\nseven")
        sys.stdout.flush()
        return [], None
    """
    function = start_function(source)
    function.call(body=EMPTY, headers={"x-request-id": "abc"})
    lines = [line for line in function.log() if line["event"] in {"print", "log"}]
    assert lines[0]["message"] == "at import"
    assert "request_id" not in lines[0]
    mine = [line for line in lines if line.get("request_id") == "abc"]
    assert [line["message"].partition(" (not")[0] for line in mine] == [
        "one two",
        "three 3",
        "four",
        "five %d",
        "six",
        "seven",
    ]
    assert function.events("request")[0]["request_id"] == "abc"


def test_user_code_may_set_up_its_own_logging(start_function: StartFunction) -> None:
    source = """
    import logging
    logging.basicConfig(level=logging.DEBUG, format="%(levelname)s<%(message)s>")
    def inference(parameters, inputs, output_fields, model_key, model=None):
        logging.debug("quiet")
        return [], None
    """
    function = start_function(source)
    function.call(body=EMPTY, headers={"x-request-id": "abc"})
    mine = [line for line in function.events("print") if line.get("request_id") == "abc"]
    assert [line["message"] for line in mine] == ["DEBUG<quiet>"]


def test_answers_go_on_when_nobody_reads_the_log(start_function: StartFunction) -> None:
    function = start_function("import os\nos.close(1); os.close(2)\n" + QUIET)
    assert function.call(body=EMPTY).status == 200
