"""multipart/form-data as it streams in: fields first, then one file whose bytes pass through.

https://www.rfc-editor.org/rfc/rfc7578
https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
"""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message

from faasctl.store.embedded.faults import S3Error

FIELDS = 20 * 1024
_HEADERS = 8 * 1024


@dataclass(frozen=True, slots=True)
class Form:
    """What stood before the file's first byte; field names are lower-case."""

    fields: dict[str, str]
    file_name: str


def parse_boundary(content_type: str | None) -> bytes:
    """The boundary of a form's body; raises MalformedPOSTRequest."""
    message = Message()
    message["content-type"] = content_type or ""
    boundary = message.get_param("boundary", "")
    good = message.get_content_type() == "multipart/form-data" and isinstance(boundary, str)
    if not good or not 1 <= len(str(boundary)) <= 70:
        raise S3Error("MalformedPOSTRequest")
    return str(boundary).encode()


class FieldReader:
    """Takes a form's bytes until its file begins."""

    def __init__(self, boundary: bytes) -> None:
        self._delimiter = b"\r\n--" + boundary
        self._buffer = b"\r\n"
        self._fields: dict[str, str] = {}
        self._size = 0

    def feed(self, data: bytes) -> Form | None:
        """The fields once the file's first byte is reached, None before."""
        self._buffer += data
        while True:
            start = self._buffer.find(self._delimiter)
            head_end = self._buffer.find(b"\r\n\r\n", start + len(self._delimiter))
            if start < 0 or head_end < 0:
                self._check_room()
                return None
            name, file_name = self._part_name(start + len(self._delimiter), head_end)
            if name == "file":
                self._buffer = self._buffer[head_end + 4 :]
                return Form(self._fields, file_name)
            end = self._buffer.find(self._delimiter, head_end + 2)
            if end < 0:
                self._check_room()
                return None
            self._add(name, self._buffer[head_end + 4 : end])
            self._buffer = self._buffer[end:]

    def rest(self) -> bytes:
        """The bytes that came in after the file's headers."""
        return self._buffer

    def _check_room(self) -> None:
        if len(self._buffer) > FIELDS + _HEADERS:
            raise S3Error("MaxPostPreDataLengthExceededError")

    def _part_name(self, start: int, end: int) -> tuple[str, str]:
        head = self._buffer[start:end]
        if head.startswith(b"--"):
            raise _no_file()
        if not head.startswith(b"\r\n") or len(head) > _HEADERS:
            raise S3Error("MalformedPOSTRequest")
        return _parse_head(head[2:])

    def _add(self, name: str, value: bytes) -> None:
        self._size += len(name) + len(value)
        if self._size > FIELDS:
            raise S3Error("MaxPostPreDataLengthExceededError")
        if name in self._fields:
            raise S3Error("InvalidArgument", "A form field is given twice.", ArgumentName=name)
        try:
            self._fields[name] = value.decode()
        except UnicodeDecodeError as error:
            raise S3Error("MalformedPOSTRequest") from error


def _parse_head(head: bytes) -> tuple[str, str]:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() != b"content-disposition":
            continue
        message = Message()
        try:
            message["content-disposition"] = value.strip().decode()
        except UnicodeDecodeError as error:
            raise S3Error("MalformedPOSTRequest") from error
        field = message.get_param("name", "", "content-disposition")
        if isinstance(field, str) and field:
            return field.lower(), message.get_filename("")
    raise S3Error("MalformedPOSTRequest")


def _no_file() -> S3Error:
    return S3Error("InvalidArgument", "POST requires exactly one file upload per request.")


class FileDecoder:
    """The file's bytes out of the form's; what follows the file is ignored, as S3 says."""

    def __init__(self, boundary: bytes) -> None:
        self._delimiter = b"\r\n--" + boundary
        self._buffer = b""
        self._tail: bytes | None = None

    def feed(self, data: bytes) -> list[bytes]:
        if self._tail is not None:
            self._tail = (self._tail + data)[-len(self._delimiter) - 4 :]
            return []
        self._buffer += data
        end = self._buffer.find(self._delimiter)
        if end >= 0:
            piece, self._tail = self._buffer[:end], self._buffer[end + len(self._delimiter) :]
            self._buffer = b""
            return [piece] if piece else []
        keep = len(self._delimiter) - 1
        piece, self._buffer = self._buffer[:-keep], self._buffer[-keep:]
        return [piece] if piece else []

    def finish(self) -> dict[str, str]:
        """Raises IncompleteBody for a form that was cut off."""
        if self._tail is None or not self._tail.rstrip(b"\r\n").endswith(b"--"):
            raise S3Error("IncompleteBody")
        return {}
