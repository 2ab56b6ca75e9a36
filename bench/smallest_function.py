"""A function process that answers every request at once with 60 bytes, for measuring others."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys

BODY = b'{"outputs": [{"name": "label", "shape": [1], "data": [1]}]}\n'
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY)
) + BODY


class Answering(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._got = b""

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, body = self._got.partition(b"\r\n\r\n")
        _, has_length, rest = head.partition(b"Content-Length: ")
        if found and (not has_length or len(body) >= int(rest.partition(b"\r")[0])):
            self._got = b""
            self._transport.write(ANSWER)


async def main() -> None:
    arguments = dict(zip(sys.argv[2::2], sys.argv[3::2], strict=True))
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    listener = socket.socket(fileno=int(arguments["--fd"]))
    async with await loop.create_server(Answering, sock=listener):
        await stopped.wait()


asyncio.run(main())
