"""HTTP at the rim: from aiohttp's request to a call, from a reply to aiohttp's answer.

Nothing here logs an address: links carry signatures.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import sys
import traceback
from collections.abc import Sequence

from aiohttp import web

from faasctl.store.embedded import address, cors, documents, objects_table
from faasctl.store.embedded.auth import authenticate
from faasctl.store.embedded.call import Call, join_headers
from faasctl.store.embedded.claims import is_presigned
from faasctl.store.embedded.copies import slices
from faasctl.store.embedded.cors import Rule
from faasctl.store.embedded.exchange import Download, Reply, Request, Store
from faasctl.store.embedded.faults import S3Error
from faasctl.store.embedded.posts import post_object
from faasctl.store.embedded.routes import find_handler

_LINE = 16 * 1024
_READ_AHEAD = 256 * 1024


def make_server(store: Store) -> web.Server:
    """A low-level server: it keeps paths and bodies exactly as they came."""

    async def answer(incoming: web.BaseRequest) -> web.StreamResponse:
        return await _Exchange(store, incoming).run()

    # aiohttp's own messages quote what can't be parsed, and with it signatures.
    silent = logging.getLogger("faasctl.store.http")
    silent.propagate = False
    silent.addHandler(logging.NullHandler())
    return web.Server(
        answer,
        logger=silent,
        auto_decompress=False,
        max_line_size=_LINE,
        max_field_size=_LINE,
        read_bufsize=_READ_AHEAD,
        access_log=None,
    )


class _Exchange:
    """One request and its answer."""

    def __init__(self, store: Store, incoming: web.BaseRequest) -> None:
        self._store = store
        self._incoming = incoming
        self._id = secrets.token_hex(8).upper()
        self._bucket = ""
        self._key = ""
        self._continued = False

    async def run(self) -> web.StreamResponse:
        try:
            reply = await self._reply()
        except S3Error as error:
            reply = self._refusal(error)
        except (ConnectionError, asyncio.IncompleteReadError, web.RequestPayloadError):
            reply = self._refusal(S3Error("IncompleteBody"))
        except Exception:  # noqa: BLE001  a bug of ours must not say more than S3 would
            traceback.print_exc(file=sys.stderr)
            reply = self._refusal(S3Error("InternalError"))
        try:
            return await self._send(reply)
        except ConnectionError:
            raise
        except Exception:
            traceback.print_exc(file=sys.stderr)
            raise

    async def _reply(self) -> Reply:
        call = self._call()
        if call.method == "OPTIONS":
            return Reply(200, cors.preflight(self._rules(), call.headers))
        form = call.method == "POST" and not call.key and not call.has("delete")
        if form and call.bucket and "authorization" not in call.headers and not is_presigned(call):
            return await post_object(self._store, call, self._read)
        grant = authenticate(call, self._store.credentials, self._store.region)
        handler = find_handler(call)
        address.check_key(call.key)
        request = Request(call, grant, self._read, self._incoming.body_exists)
        return await handler(self._store, request)

    def _call(self) -> Call:
        incoming = self._incoming
        headers = join_headers(incoming.headers.items())
        host = headers.get("host", "")
        target = address.parse_target(incoming.raw_path, host, self._store.domains)
        self._bucket, self._key = target.bucket, target.key
        return Call(
            incoming.method,
            target.path,
            target.bucket,
            target.key,
            target.query,
            headers,
            self._store.clock(),
        )

    async def _read(self) -> bytes:
        """The next piece of the body; the client is asked for it only now."""
        if not self._continued:
            self._continued = True
            if self._expects():
                transport = self._incoming.transport
                if transport is not None:
                    transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return await self._incoming.content.readany()

    def _expects(self) -> bool:
        return self._incoming.headers.get("Expect", "").lower() == "100-continue"

    def _rules(self) -> Sequence[Rule]:
        try:
            bucket = objects_table.find_bucket(self._store.index.reader, self._bucket)
        except S3Error:
            return cors.DEFAULT
        return cors.DEFAULT if bucket.cors is None else cors.parse_rules(bucket.cors)

    def _refusal(self, error: S3Error) -> Reply:
        fields = [
            ("Code", error.code),
            ("Message", error.message),
            *error.details.items(),
            ("Resource", f"/{self._bucket}/{self._key}" if self._bucket else "/"),
            ("RequestId", self._id),
            ("HostId", "local"),
        ]
        headers = {"Content-Type": "application/xml"}
        if error.code == "InvalidRange":
            headers["Content-Range"] = f"bytes */{error.details['ActualObjectSize']}"
        return Reply(error.status, headers, documents.error_document(fields))

    async def _send(self, reply: Reply) -> web.StreamResponse:
        headers = {"x-amz-request-id": self._id, "x-amz-id-2": "local", "Server": "faasctl"}
        headers.update(reply.headers)
        origin = self._incoming.headers.get("Origin")
        if origin is not None and self._incoming.method != "OPTIONS":
            method = self._incoming.method
            headers.update(cors.decorate(self._rules(), origin, method, list(headers)))
        response = web.StreamResponse(status=reply.status, headers=headers)
        body = reply.body
        if self._expects() and not self._continued:
            response.force_close()  # the client may keep the body that nobody asked it for
        response.content_length = body.span.length if isinstance(body, Download) else len(body)
        if isinstance(body, Download) and self._incoming.method != "HEAD":
            await self._send_object(response, body)
        else:
            await response.prepare(self._incoming)
            if isinstance(body, bytes) and body and self._incoming.method != "HEAD":
                await response.write(body)
            await response.write_eof()
        return response

    async def _send_object(self, response: web.StreamResponse, body: Download) -> None:
        """Straight from the file to the socket; blobs stay until all is sent."""
        blobs = self._store.blobs
        with blobs.hold([segment.blob for segment in body.segments]):
            await response.prepare(self._incoming)
            loop = asyncio.get_running_loop()
            for blob, offset, length in slices(body.segments, body.span):
                transport = self._incoming.transport
                if transport is None or transport.is_closing():
                    raise ConnectionResetError
                with os.fdopen(blobs.open(blob), "rb") as file:
                    await loop.sendfile(transport, file, offset, length)
            await response.write_eof()
