"""Objects, their segments and their buckets in the index.

Every function takes a connection; those that change something run in the writer's transaction
and return the blobs that nothing refers to any more.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from faasctl.store.embedded.checksums import Checksum
from faasctl.store.embedded.conditions import Write, check_write
from faasctl.store.embedded.faults import S3Error
from faasctl.store.embedded.ranges import Span
from faasctl.store.embedded.records import Bucket, Object, Segment

_FIND = (
    "SELECT key, size, etag, modified, headers, algorithm, checksum, kind, parts, upload"
    " FROM objects WHERE bucket = ? AND key = ?"
)
_SCAN = (
    "SELECT key, size, etag, modified, headers, algorithm, checksum, kind, parts, upload"
    " FROM objects WHERE bucket = ? AND key >= ? ORDER BY key"
)
_ADD = (
    "INSERT INTO objects(bucket, key, size, etag, modified, headers, algorithm, checksum, kind,"
    " parts, upload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def all_buckets(connection: sqlite3.Connection) -> list[Bucket]:
    rows = connection.execute("SELECT name, created, cors FROM buckets ORDER BY name")
    return [Bucket(*row) for row in rows]


def find_bucket(connection: sqlite3.Connection, name: str) -> Bucket:
    """Raises NoSuchBucket."""
    row = connection.execute(
        "SELECT name, created, cors FROM buckets WHERE name = ?", (name,)
    ).fetchone()
    if row is None:
        raise S3Error("NoSuchBucket", BucketName=name)
    return Bucket(*row)


def add_bucket(connection: sqlite3.Connection, bucket: Bucket) -> None:
    """Raises BucketAlreadyOwnedByYou."""
    try:
        connection.execute(
            "INSERT INTO buckets VALUES (?, ?, ?)", (bucket.name, bucket.created, bucket.cors)
        )
    except sqlite3.IntegrityError as error:
        raise S3Error("BucketAlreadyOwnedByYou", BucketName=bucket.name) from error


def set_cors(connection: sqlite3.Connection, name: str, cors: bytes | None) -> None:
    find_bucket(connection, name)
    connection.execute("UPDATE buckets SET cors = ? WHERE name = ?", (cors, name))


def remove_bucket(connection: sqlite3.Connection, name: str) -> list[str]:
    """Raises BucketNotEmpty; uploads that are under way end with the bucket."""
    find_bucket(connection, name)
    if connection.execute("SELECT 1 FROM objects WHERE bucket = ? LIMIT 1", (name,)).fetchone():
        raise S3Error("BucketNotEmpty", BucketName=name)
    uploads = [row[0] for row in _select(connection, "name FROM uploads WHERE bucket = ?", name)]
    blobs: list[str] = []
    for upload in uploads:
        blobs += [row[0] for row in _select(connection, "blob FROM parts WHERE upload = ?", upload)]
        connection.execute("DELETE FROM parts WHERE upload = ?", (upload,))
    connection.execute("DELETE FROM uploads WHERE bucket = ?", (name,))
    connection.execute("DELETE FROM buckets WHERE name = ?", (name,))
    return unused(connection, blobs)


def _select(connection: sqlite3.Connection, what: str, *values: Any) -> list[Any]:
    return connection.execute(f"SELECT {what}", values).fetchall()


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """Reads inside see one state, whatever is committed meanwhile."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")


def find_object(connection: sqlite3.Connection, bucket: str, key: str) -> Object | None:
    row = connection.execute(_FIND, (bucket, key)).fetchone()
    return None if row is None else _object(bucket, row)


def get_object(connection: sqlite3.Connection, bucket: str, key: str) -> Object:
    """Raises NoSuchBucket or NoSuchKey."""
    find_bucket(connection, bucket)
    found = find_object(connection, bucket, key)
    if found is None:
        raise S3Error("NoSuchKey", Key=key)
    return found


def _object(bucket: str, row: Sequence[Any]) -> Object:
    key, size, etag, modified, headers, algorithm, value, kind, parts, upload = row
    checksum = None if algorithm is None else Checksum(algorithm, value, kind)
    return Object(bucket, key, size, etag, modified, json.loads(headers), checksum, parts, upload)


def segments(
    connection: sqlite3.Connection, bucket: str, key: str, span: Span | None = None
) -> list[Segment]:
    """The pieces of an object that a range touches, in order."""
    first = span.start if span else 0
    last = span.start + span.length if span else 2**62
    rows = connection.execute(
        "SELECT start, length, blob, offset FROM segments JOIN objects ON object = number"
        " WHERE bucket = ? AND key = ? AND start < ? AND start + length > ? ORDER BY start",
        (bucket, key, last, first),
    )
    return [Segment(*row) for row in rows]


def part_span(connection: sqlite3.Connection, found: Object, number: int) -> Span:
    """Where one part of a multipart object lies; raises InvalidPartNumber."""
    if found.parts == 0:
        pieces = [Segment(0, found.size, "")]
    else:
        pieces = segments(connection, found.bucket, found.key)
    if number > len(pieces):
        raise S3Error("InvalidPartNumber", PartNumberRequested=str(number))
    return Span(pieces[number - 1].start, pieces[number - 1].length)


def put_object(
    connection: sqlite3.Connection, new: Object, pieces: Iterable[Segment], condition: Write
) -> list[str]:
    """Put an object in the place of any other; raises when the condition fails."""
    find_bucket(connection, new.bucket)
    live = find_object(connection, new.bucket, new.key)
    check_write(condition, live)
    blobs = _forget(connection, new.bucket, new.key) if live else []
    checksum = new.checksum
    cursor = connection.execute(
        _ADD,
        (
            new.bucket,
            new.key,
            new.size,
            new.etag,
            new.modified,
            json.dumps(dict(new.headers)),
            checksum and checksum.algorithm,
            checksum and checksum.value,
            checksum and checksum.kind,
            new.parts,
            new.upload,
        ),
    )
    connection.executemany(
        "INSERT INTO segments VALUES (?, ?, ?, ?, ?)",
        [(cursor.lastrowid, one.start, one.length, one.blob, one.offset) for one in pieces],
    )
    return unused(connection, blobs)


def share(
    connection: sqlite3.Connection, new: Object, pieces: Sequence[Segment], condition: Write
) -> list[str]:
    """Put an object made of another's blobs; raises NoSuchKey when these are gone already."""
    if unused(connection, [one.blob for one in pieces]):
        raise S3Error("NoSuchKey", Key=new.key)
    return put_object(connection, new, pieces, condition)


def set_header(
    connection: sqlite3.Connection, place: tuple[str, str], name: str, value: str
) -> None:
    """Change one kept header of the object at (bucket, key); an empty value removes it."""
    found = get_object(connection, *place)
    headers = {other: kept for other, kept in found.headers.items() if other != name}
    if value:
        headers[name] = value
    connection.execute(
        "UPDATE objects SET headers = ? WHERE bucket = ? AND key = ?",
        (json.dumps(headers), *place),
    )


def remove_object(
    connection: sqlite3.Connection, bucket: str, key: str, if_match: str | None = None
) -> list[str]:
    """Remove an object; one that is not there is gone already."""
    find_bucket(connection, bucket)
    live = find_object(connection, bucket, key)
    if if_match is not None:
        check_write(Write(if_match=if_match), live)
    return unused(connection, _forget(connection, bucket, key)) if live else []


def _forget(connection: sqlite3.Connection, bucket: str, key: str) -> list[str]:
    row = connection.execute(
        "DELETE FROM objects WHERE bucket = ? AND key = ? RETURNING number", (bucket, key)
    ).fetchone()
    blobs = _select(connection, "blob FROM segments WHERE object = ?", row[0])
    connection.execute("DELETE FROM segments WHERE object = ?", (row[0],))
    return [blob for (blob,) in blobs]


def is_used(connection: sqlite3.Connection, blob: str) -> bool:
    """Whether an object or a part refers to a blob."""
    row = connection.execute(
        "SELECT EXISTS(SELECT 1 FROM segments WHERE blob = ?)"
        " OR EXISTS(SELECT 1 FROM parts WHERE blob = ?)",
        (blob, blob),
    ).fetchone()
    return bool(row[0])


def unused(connection: sqlite3.Connection, blobs: Iterable[str]) -> list[str]:
    return [blob for blob in blobs if not is_used(connection, blob)]


def scan(connection: sqlite3.Connection, bucket: str, start: str) -> Iterator[tuple[str, Object]]:
    """Objects in order of their keys' UTF-8, from a key on."""
    for row in connection.execute(_SCAN, (bucket, start)):
        yield row[0], _object(bucket, row)
