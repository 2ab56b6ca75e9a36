"""aws-chunked bodies: framing taken off, chunk signatures and trailers checked as they pass.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
"""

from __future__ import annotations

import hashlib
import re
from typing import Literal

from faasctl.store.embedded.auth import compare
from faasctl.store.embedded.faults import S3Error
from faasctl.store.embedded.payload import Streamed
from faasctl.store.embedded.signing import Signer

_LINE = 1024
_TRAILER = 16 * 1024
_SMALLEST = 8192
_HEADER = re.compile(rb"([0-9a-fA-F]{1,16})(?:;chunk-signature=([0-9a-f]{64}))?")


class ChunkDecoder:
    """Feeds on raw bytes, gives data; what it gave counts only once `finish` returned."""

    def __init__(self, mode: Streamed, signer: Signer, seed: str) -> None:
        self._mode = mode
        self._signer = signer
        self._previous = seed
        self._claimed = ""
        self._buffer = b""
        self._left = 0
        self._short = False
        self._hash = hashlib.sha256()
        self._state: Literal["header", "data", "end", "trailer"] = "header"

    def feed(self, data: bytes) -> list[bytes]:
        """The data inside these bytes; raises S3Error at the first wrong signature."""
        pieces: list[bytes] = []
        self._buffer += data
        while self._step(pieces):
            pass
        return pieces

    def finish(self) -> dict[str, str]:
        """The trailing headers; raises IncompleteBody when the last chunk is missing."""
        if self._state != "trailer" or not self._buffer.endswith(b"\r\n"):
            raise S3Error("IncompleteBody")
        trailers = _parse_trailer(self._buffer)
        if not self._mode.trailer:
            if trailers:
                raise S3Error("MalformedTrailerError")
            return {}
        if self._mode.signed:
            signature = trailers.pop("x-amz-trailer-signature", "")
            lines = "".join(f"{name}:{value}\n" for name, value in trailers.items())
            digest = hashlib.sha256(lines.encode()).hexdigest()
            compare(self._signer.trailer(self._previous, digest), signature)
        return trailers

    def _step(self, pieces: list[bytes]) -> bool:
        match self._state:
            case "header":
                return self._read_header()
            case "data":
                return self._read_data(pieces)
            case "end":
                return self._read_end()
            case _:
                if len(self._buffer) > _TRAILER:
                    raise S3Error("MalformedTrailerError")
                return False

    def _read_header(self) -> bool:
        line, found, rest = self._buffer.partition(b"\r\n")
        if not found:
            if len(line) > _LINE:
                raise S3Error("IncompleteBody")
            return False
        match = _HEADER.fullmatch(line)
        if match is None or (match[2] is not None) != self._mode.signed:
            raise S3Error("IncompleteBody", "A chunk's header is malformed.")
        self._left = int(match[1], 16)
        self._claimed = (match[2] or b"").decode("ascii")
        self._buffer = rest
        if self._short and self._left:
            raise S3Error("InvalidChunkSizeError")
        self._short = self._left < _SMALLEST
        self._hash = hashlib.sha256()
        if self._left:
            self._state = "data"
        else:
            self._verify_chunk()
            self._state = "trailer"
        return True

    def _read_data(self, pieces: list[bytes]) -> bool:
        piece = self._buffer[: self._left]
        if not piece:
            return False
        self._buffer = self._buffer[len(piece) :]
        self._left -= len(piece)
        if self._mode.signed:
            self._hash.update(piece)
        pieces.append(piece)
        if not self._left:
            self._state = "end"
        return True

    def _read_end(self) -> bool:
        if len(self._buffer) < 2:
            return False
        if not self._buffer.startswith(b"\r\n"):
            raise S3Error("IncompleteBody")
        self._buffer = self._buffer[2:]
        self._verify_chunk()
        self._state = "header"
        return True

    def _verify_chunk(self) -> None:
        if self._mode.signed:
            expected = self._signer.chunk(self._previous, self._hash.hexdigest())
            compare(expected, self._claimed)
            self._previous = expected


def _parse_trailer(data: bytes) -> dict[str, str]:
    trailers: dict[str, str] = {}
    for line in data.split(b"\r\n"):
        text = line.strip().decode("latin-1")
        if not text:
            continue
        name, found, value = text.partition(":")
        if not found or name.strip().lower() in trailers:
            raise S3Error("MalformedTrailerError")
        trailers[name.strip().lower()] = value.strip()
    return trailers
