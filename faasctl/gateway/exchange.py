"""One request handed to one process, and its answer handed back, neither held as a whole."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aiohttp import web
from multidict import CIMultiDict

from faasctl.gateway import headers
from faasctl.gateway.replica import Replica
from faasctl.gateway.upstream import CHUNK, CHUNKED, Connection, Head

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What a process is sent: `body` None is still to be read from the client."""

    head: bytes
    body: bytes | None
    request_id: bytes

    @property
    def repeatable(self) -> bool:
        return self.body is not None and self.head.startswith((b"GET ", b"HEAD ", b"OPTIONS "))


async def outgoing(request: web.BaseRequest, target: str, prefix: str) -> Outgoing:
    """The request as the process shall see it; a short body is read before a process is taken."""
    raw = request.raw_headers
    request_id = headers.request_id(raw)
    added = [(b"X-Request-Id", request_id)]
    if prefix:
        added.append((b"X-Forwarded-Prefix", prefix.encode("utf-8", "surrogateescape")))
    length = request.headers.get("Content-Length")
    body: bytes | None = b""
    if length is not None:
        added.append((b"Content-Length", length.encode()))
        body = await _short_body(request, int(length))
    elif request.body_exists:
        added.append((b"Transfer-Encoding", b"chunked"))
        body = None
    head = headers.request_head(request.method, target, raw, added)
    return Outgoing(head, body, request_id)


class Exchange:
    """`answer` is set as soon as the client was sent a byte of it."""

    def __init__(self, request: web.BaseRequest, sent: Outgoing) -> None:
        self._request, self._sent = request, sent
        self.answer: web.StreamResponse | None = None
        self.bad_body: web.RequestPayloadError | None = None

    async def run(self, replica: Replica) -> web.StreamResponse:
        """Raises NotSentError or BrokenError of `upstream`."""
        loop = asyncio.get_running_loop()
        connection = await replica.upstream.connect(loop.time())
        pump: asyncio.Task[None] | None = None
        try:
            if self._sent.body is None:
                connection.write(self._sent.head)
                pump = loop.create_task(self._pump(connection))
            else:
                connection.write(self._sent.head + self._sent.body)
            head = await connection.head(self._request.method)
            answer = await self._answer(connection, head)
        except BaseException:
            connection.close()
            raise
        finally:
            unsent = pump is not None and not pump.done()
            if pump is not None and unsent:
                pump.cancel()
        if connection.is_reusable(head) and not unsent and self.bad_body is None:
            replica.upstream.put_back(connection, loop.time())
        else:
            connection.close()
        return answer

    async def _answer(self, connection: Connection, head: Head) -> web.StreamResponse:
        unframed = head.length is None or head.length == CHUNKED
        fields = CIMultiDict(headers.answer_fields(head.headers, framed=unframed))
        fields.setdefault("X-Request-Id", self._sent.request_id.decode("ascii"))
        fields.setdefault("Server", headers.SERVER)
        if head.length is not None and 0 < head.length <= CHUNK:
            body = await connection.short_body(head.length)
            return web.Response(status=head.status, reason=head.reason, headers=fields, body=body)
        answer = web.StreamResponse(status=head.status, reason=head.reason, headers=fields)
        self.answer = answer
        await answer.prepare(self._request)
        async for piece in connection.body(head):
            await answer.write(piece)
        await answer.write_eof()
        return answer

    async def _pump(self, connection: Connection) -> None:
        chunked = "Content-Length" not in self._request.headers
        try:
            await _continue(self._request)
            async for piece in self._request.content.iter_any():
                connection.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
                await connection.drain()
            if chunked:
                connection.write(b"0\r\n\r\n")
        except OSError:
            # The process closed its ear; it may still answer why.
            return
        except web.RequestPayloadError as error:
            self.bad_body = error
            connection.close()


async def _short_body(request: web.BaseRequest, length: int) -> bytes | None:
    if length > CHUNK:
        return None
    if not length:
        return b""
    await _continue(request)
    return await request.content.readexactly(length)


async def _continue(request: web.BaseRequest) -> None:
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(_CONTINUE)
        # What was written is no part of the answer, whose start aiohttp tells by this count.
        request.writer.output_size = 0
