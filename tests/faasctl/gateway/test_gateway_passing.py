"""Requests and answers on their way through: bytes, framing, streams, and who may say what."""

from __future__ import annotations

import asyncio
import io
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faasctl.gateway.gateway_world import SPACE, Reply, World, release, until

BIG = 3_000_000


@pytest.fixture
async def shop(world: World) -> World:
    await world.deploy(release())
    return world


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/predict?x=1&y=%20+",
        "//a//b/",
        "/a%2Fb/%00/%C3%A9",
        "/a/../../other/secret",
        "/%2e%2e/%2E%2E/x",
        "/a;b=c?d?e=/f",
        "/?",
        "/~user/@x",
        "/" + "long" * 5000,
    ],
)
async def test_what_stands_below_a_component_arrives_byte_for_byte(
    shop: World, target: str
) -> None:
    head = f"GET /{SPACE}/iris{target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answer = await shop.raw(head.encode())
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["target"] == target


async def test_a_component_without_a_slash_is_redirected_to_its_root(shop: World) -> None:
    reply = await shop.call("iris?a=%2F")
    assert (reply.status, reply.headers["Location"]) == (308, f"/{SPACE}/iris/?a=%2F")


async def test_what_is_not_there_is_named_with_what_is(shop: World) -> None:
    reply = await shop.call("rose/predict")
    assert reply.status == 404
    assert reply.error["type"] == "NotFound"
    assert reply.error["hint"] == f"there is: /{SPACE}/iris/"


def sent(reply: Reply, name: str) -> list[str]:
    return [value for key, value in reply.value["headers"] if key.lower() == name]


async def test_headers_of_a_hop_and_claims_of_the_outside_stop_here(shop: World) -> None:
    outside = {
        "Connection": "keep-alive, X-Private",
        "X-Private": "1",
        "Keep-Alive": "timeout=5",
        "TE": "trailers",
        "Proxy-Authorization": "x",
        "X-Forwarded-For": "6.6.6.6",
        "X-Forwarded-Prefix": "/evil",
        "X-Faasctl-Caller": "root",
        "Forwarded": "for=6.6.6.6",
        "X-Kept": "yes",
    }
    reply = await shop.call("iris/", headers=outside)
    names = {name.lower() for name, _ in reply.value["headers"]}
    assert names.isdisjoint({name.lower() for name in outside} - {"x-kept", "x-forwarded-prefix"})
    assert sent(reply, "x-forwarded-prefix") == [f"/{SPACE}/iris"]
    assert sent(reply, "x-kept") == ["yes"]
    assert sent(reply, "host") == [f"127.0.0.1:{shop.port}"]


@pytest.mark.parametrize(("given", "kept"), [("abc-123", True), ("with space", False), ("", False)])
async def test_a_request_has_an_id_on_both_sides(shop: World, given: str, kept: bool) -> None:  # noqa: FBT001
    reply = await shop.call("iris/", headers={"X-Request-Id": given})
    (seen,) = sent(reply, "x-request-id")
    assert (seen == given) is kept
    assert reply.headers["X-Request-Id"] == seen


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("127.0.0.1:8787", 200),
        ("[::1]:8787", 200),
        ("iris.localhost:80", 200),
        ("LOCALHOST", 200),
        ("evil.example", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example:8787", 403),
        ("evillocalhost", 403),
        ("10.0.0.1", 403),
    ],
)
async def test_only_names_of_this_machine_are_answered(shop: World, host: str, status: int) -> None:
    reply = await shop.call("iris/", headers={"Host": host})
    assert reply.status == status


async def test_a_web_socket_is_refused(shop: World) -> None:
    asked = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    assert (await shop.call("iris/", headers=asked)).status == 501


@pytest.mark.parametrize("size", [0, 1, 65536, 65537, BIG])
async def test_bodies_of_any_size_go_both_ways(shop: World, size: int) -> None:
    body = bytes(range(256)) * (size // 256) + b"!" * (size % 256)
    reply = await shop.call("iris/echo", "POST", data=io.BytesIO(body))
    assert reply.body == body
    assert reply.headers["Content-Length"] == str(size)
    assert reply.headers["Content-Type"] == "application/x-echo"


async def test_a_body_of_unknown_length_is_passed_on_as_it_comes(shop: World) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for number in range(50):
            yield b"%d," % number * 1000

    reply = await shop.call("iris/echo", "POST", data=pieces())
    assert reply.body == b"".join(b"%d," % number * 1000 for number in range(50))


async def test_an_answer_may_start_before_the_body_ends(shop: World) -> None:
    gate = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"first"
        await gate.wait()
        yield b"second"

    url = f"http://127.0.0.1:{shop.port}/{SPACE}/iris/first-line"
    async with shop.session.post(url, data=pieces()) as answer:
        assert await answer.content.readexactly(5) == b"first"
        gate.set()
        assert await answer.read() == b"second"


async def test_events_arrive_one_by_one(shop: World, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    gates = [Path(f"{gate}{number}") for number in range(3)]
    url = f"http://127.0.0.1:{shop.port}/{SPACE}/iris/events?count=3&gate={gate}"
    async with shop.session.get(url) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        for number, one in enumerate(gates):
            assert await answer.content.readuntil(b"\n\n") == b"data: %d\n\n" % number
            one.touch()
        assert await answer.read() == b""


async def test_an_answer_that_breaks_off_is_not_made_to_look_whole(shop: World) -> None:
    path = f"GET /{SPACE}/iris/events?count=2&cut=1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = b""
    try:
        answer = await shop.raw(path.encode())
    except ConnectionResetError:
        return
    assert not answer.endswith(b"0\r\n\r\n")


async def test_a_client_that_leaves_ends_the_functions_call(shop: World, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    reader, writer = await asyncio.open_connection("127.0.0.1", shop.port)
    writer.write(
        f"GET /{SPACE}/iris/endless?gone={gone} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    )
    await reader.readexactly(1000)
    writer.close()
    await until(gone.exists)

    async def free() -> bool:
        return not any(one.in_flight for one in await shop.processes())

    await until(free)


async def test_answers_without_a_body(shop: World) -> None:
    head = await shop.call("iris/bytes?count=70000", "HEAD")
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", "70000")
    empty = await shop.call("iris/nothing")
    assert (empty.status, empty.body) == (204, b"")
    assert "Transfer-Encoding" not in empty.headers


async def test_an_answer_that_ends_with_its_connection_is_whole(shop: World) -> None:
    for _ in range(3):
        assert (await shop.call("iris/close")).body == b"until the end"


async def test_a_client_that_waits_for_100_continue_gets_it(shop: World) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", shop.port)
    head = f"POST /{SPACE}/iris/echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
    for size in (5, 100_000):
        writer.write(f"{head}Content-Length: {size}\r\n\r\n".encode())
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"x" * size)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        assert await reader.readexactly(size) == b"x" * size
    writer.close()
    await writer.wait_closed()


async def test_connections_are_kept_on_both_sides(shop: World) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", shop.port)
    for _ in range(5):
        writer.write(
            f"GET /{SPACE}/iris/bytes?count=3 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        )
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        assert await reader.readexactly(3) == b"xxx"
    writer.close()
    await writer.wait_closed()


async def test_the_old_protocol_is_answered_too(shop: World) -> None:
    answer = await shop.raw(
        f"GET /{SPACE}/iris/events?count=2 HTTP/1.0\r\nHost: localhost\r\n\r\n".encode()
    )
    assert answer.endswith(b"data: 0\n\ndata: 1\n\n")


async def test_nonsense_is_refused_and_nothing_breaks(shop: World) -> None:
    for content in (
        b"\x16\x03\x01\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        (
            b"POST /shop/iris/echo HTTP/1.1\r\nHost: localhost\r\n"
            b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"
        ),
    ):
        assert b" 400 " in (await shop.raw(content)).partition(b"\r\n")[0]
    assert (await shop.call("iris/")).status == 200


async def test_a_slow_reader_holds_the_function_back(shop: World) -> None:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(sock, ("127.0.0.1", shop.port))
    size = 64 << 20
    head = f"GET /{SPACE}/iris/bytes?count={size} HTTP/1.1\r\nHost: localhost\r\n\r\n"
    await loop.sock_sendall(sock, head.encode())
    await asyncio.sleep(0.5)
    (process,) = await shop.processes()
    assert process.in_flight == 1
    got = 0
    with sock:
        while got < size:
            got += len(await loop.sock_recv(sock, 1 << 20))
    assert got >= size
