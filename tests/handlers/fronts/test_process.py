"""A function as a process: how it starts, answers, logs and leaves."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.handlers.handler_fixtures import StartFunction

pytestmark = pytest.mark.e2e

ECHO = """
def inference(parameters, inputs, output_fields, model_key, model=None):
    return [{"name": "y", "datatype": "str", "data": model_key}], True
"""
#: Writes a file when a call has begun, and goes on when another file is there.
SLOW = """
import asyncio, pathlib, time
def inference(parameters, inputs, output_fields, model_key, model=None):
    if inputs:
        pathlib.Path("begun").touch()
        while not pathlib.Path("go").exists():
            time.sleep(0.01)
    return [{"name": "y", "datatype": "INT64", "data": [1]}], True
"""
EMPTY: dict[str, Any] = {"inputs": []}
ONE = {"inputs": [{"name": "x", "datatype": "str", "data": "a"}]}


def wait_for(found: Any) -> None:
    deadline = time.monotonic() + 60
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_requests_that_come_before_the_import_ends_are_answered(
    start_function: StartFunction,
) -> None:
    function = start_function("import time\ntime.sleep(0.3)\n" + ECHO)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: function.call(body=EMPTY), range(20)))
    assert [answer.status for answer in answers] == [200] * 20
    assert function.events("ready")[0]["component"] == "f"


def test_a_relative_model_key_is_below_the_code_root_wherever_the_code_went(
    start_function: StartFunction,
) -> None:
    function = start_function("import os\nos.chdir('/')\n" + ECHO, model_key="model/m.bin")
    (output,) = function.call(body=EMPTY).json["outputs"]
    assert output["data"] == str(function.folder / "model/m.bin")


STARTUPS = [
    ("import nothing_like_that", "ModuleNotFoundError", 1),
    ("x = 1\ndef broken(:", "SyntaxError", 2),
    ("x = 1", "EntryPointError", 1),
    ("import sys\n\nsys.exit(0)", "SystemExit", 3),
    ("def inference(inputs): ...", "EntryPointError", 1),
]


@pytest.mark.parametrize(("source", "kind", "line"), STARTUPS, ids=[one[1] for one in STARTUPS])
def test_a_function_that_does_not_start_says_where_and_exits_3(
    start_function: StartFunction, source: str, kind: str, line: int
) -> None:
    function = start_function(source)
    assert function.exit_code() == 3
    (failed,) = function.events("startup_failed")
    error = failed["error"]
    assert (error["type"], error["file"], error["line"]) == (kind, "m.py", line)


def test_a_warm_up_case_that_fails_keeps_a_process_from_being_ready(
    start_function: StartFunction,
) -> None:
    warmup = {"name": "one", "path": "/predict", "body": EMPTY}
    function = start_function(
        "def inference(parameters, inputs, output_fields, model_key, model=None):\n    1 / 0\n",
        warmup=warmup,
    )
    assert function.exit_code() == 3
    (failed,) = function.events("startup_failed")
    assert (failed["error"]["file"], failed["error"]["line"]) == ("m.py", 2)
    assert "'one' was answered 500" in failed["error"]["message"]
    assert "ZeroDivisionError" in failed["error"]["message"]


def test_a_warm_up_case_loads_the_model(start_function: StartFunction) -> None:
    function = start_function(ECHO, warmup={"name": "one", "path": "/predict", "body": EMPTY})
    assert "faasctl_model_load_seconds{" in function.call("/metrics").text


def test_health_is_answered_while_a_call_blocks_and_sigterm_lets_it_finish(
    start_function: StartFunction,
) -> None:
    function = start_function(SLOW)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(function.call, body=ONE)
        wait_for((function.folder / "begun").exists)
        assert function.call("/v2/health/live").json == {"live": True}
        function.terminate()
        (function.folder / "go").touch()
        assert slow.result().status == 200
    assert function.exit_code() == 0
    assert function.events("stopped")[0]["code"] == 0


def test_a_process_whose_parent_is_gone_finishes_and_leaves(start_function: StartFunction) -> None:
    function = start_function(SLOW)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(function.call, body=ONE)
        wait_for((function.folder / "begun").exists)
        function.drop_lifeline()
        (function.folder / "go").touch()
        assert slow.result().status == 200
    assert function.exit_code() == 0


def test_a_call_that_nobody_can_end_is_a_504_and_the_process_leaves_with_75(
    start_function: StartFunction,
) -> None:
    function = start_function(SLOW, timeout=0.5)
    assert function.call(body=EMPTY).status == 200
    answer = function.call(body=ONE)
    assert answer.status == 504
    assert answer.json["error"]["type"] == "TimeLimitError"
    assert function.exit_code() == 75


def test_an_async_call_over_its_limit_is_cancelled_and_the_process_lives_on(
    start_function: StartFunction,
) -> None:
    source = """
    import asyncio
    async def inference(parameters, inputs, output_fields, model_key, model=None):
        await asyncio.sleep(60 if inputs else 0)
        return [], None
    """
    function = start_function(source, timeout=0.3)
    assert function.call(body=ONE).status == 504
    assert function.call(body=EMPTY).status == 200
    assert function.process.poll() is None


ENDS = [
    "sys.exit(1)",
    "raise KeyboardInterrupt",
    "raise asyncio.CancelledError",
    "raise StopIteration",
]


@pytest.mark.parametrize("prefix", ["", "async "])
def test_code_that_wants_to_end_the_process_is_a_500(
    start_function: StartFunction, prefix: str
) -> None:
    branches = "\n".join(
        f"    if inputs[0]['data'] == '{place}':\n        {end}" for place, end in enumerate(ENDS)
    )
    head = "def inference(parameters, inputs, output_fields, model_key, model=None):"
    function = start_function(f"import asyncio, sys\n{prefix}{head}\n{branches}\n")
    for place in range(len(ENDS)):
        body = {"inputs": [{"name": "x", "datatype": "str", "data": str(place)}]}
        assert function.call(body=body).status == 500
    assert function.call("/v2/health/live").status == 200


def test_bodies_over_the_limit_and_in_chunks(start_function: StartFunction) -> None:
    function = start_function(ECHO, max_body=1000)
    assert function.call(body=b"x" * 2000).status == 413
    connection = function.connect()
    chunks = (b"x" * 400 for _ in range(5))
    connection.request("POST", "/predict", chunks, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()
    connection = function.connect()
    connection.request("POST", "/predict", iter([b'{"inputs"', b": []}"]), encode_chunked=True)
    assert connection.getresponse().status == 200
    connection.close()


def test_a_head_and_a_strange_header_over_the_wire(start_function: StartFunction) -> None:
    function = start_function(ECHO)
    answer = function.call("/v2", method="HEAD")
    assert (answer.status, answer.text) == (200, "")
    assert int(answer.headers["content-length"]) > 0
    with socket.create_connection(("127.0.0.1", function.port), 60) as client:
        client.sendall(b"GET /v2 HTTP/1.1\r\nhost: x\r\nx-request-id: \xff\xfe\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 200")


def test_a_connection_serves_many_requests(start_function: StartFunction) -> None:
    function = start_function(ECHO)
    connection = function.connect()
    for path, status in [("/v2", 200), ("/nothing", 404), ("/v2", 200), ("/predict", 405)]:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    connection.close()


def test_many_first_requests_load_the_model_once(start_function: StartFunction) -> None:
    source = """
    import time
    loads = 0
    def inference(parameters, inputs, output_fields, model_key, model=None):
        global loads
        if model is None:
            loads += 1
            time.sleep(0.1)
        return [{"name": "loads", "data": [loads]}], "model"
    """
    function = start_function(source)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: function.call(body=EMPTY).json, range(16)))
    assert [answer["outputs"][0]["data"] for answer in answers] == [[1]] * 16


def test_garbage_is_collected_again_once_the_model_is_there(start_function: StartFunction) -> None:
    source = """
    import gc, multiprocessing
    print(gc.isenabled())
    def inference(parameters, inputs, output_fields, model_key, model=None):
        return [{"name": "on", "datatype": "BOOL", "data": [gc.isenabled()]}], 1
    """
    function = start_function(source)
    states = [function.call(body=EMPTY).json["outputs"][0]["data"] for _ in range(2)]
    assert states == [[False], [True]]
    assert function.events("print")[0]["message"] == "False"


def test_processes_that_user_code_spawns_start(start_function: StartFunction) -> None:
    source = """
    import gc, multiprocessing
    def twice(value):
        return 2 * value if gc.isenabled() else None
    def inference(parameters, inputs, output_fields, model_key, model=None):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            return [{"name": "y", "data": pool.map(twice, [1, 2])}], 1
    """
    function = start_function(source)
    assert function.call(body=EMPTY).json["outputs"][0]["data"] == [2, 4]
