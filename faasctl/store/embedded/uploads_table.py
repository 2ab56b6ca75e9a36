"""Multipart uploads and their parts in the index."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from faasctl.store.embedded.assembly import Order, assemble
from faasctl.store.embedded.checksums import Checksum
from faasctl.store.embedded.faults import S3Error
from faasctl.store.embedded.objects_table import find_bucket, find_object, put_object, unused
from faasctl.store.embedded.records import Blob, Object, Part, Upload


def add_upload(connection: sqlite3.Connection, upload: Upload) -> None:
    find_bucket(connection, upload.bucket)
    connection.execute(
        "INSERT INTO uploads VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            upload.name,
            upload.bucket,
            upload.key,
            upload.created,
            json.dumps(dict(upload.headers)),
            upload.algorithm,
            upload.kind,
        ),
    )


def find_upload(connection: sqlite3.Connection, bucket: str, key: str, name: str) -> Upload:
    """Raises NoSuchBucket or NoSuchUpload; an upload answers only under its own key."""
    find_bucket(connection, bucket)
    row = connection.execute(
        "SELECT * FROM uploads WHERE name = ? AND bucket = ? AND key = ?",
        (name, bucket, key),
    ).fetchone()
    if row is None:
        raise S3Error("NoSuchUpload", UploadId=name)
    return _upload(row)


def _upload(row: Sequence[Any]) -> Upload:
    name, bucket, key, created, headers, algorithm, kind = row
    return Upload(name, bucket, key, created, json.loads(headers), algorithm, kind)


def put_part(connection: sqlite3.Connection, upload: Upload, part: Part) -> list[str]:
    """Keep a part, in the place of one with the same number; returns unused blobs."""
    find_upload(connection, upload.bucket, upload.key, upload.name)
    row = connection.execute(
        "DELETE FROM parts WHERE upload = ? AND number = ? RETURNING blob",
        (upload.name, part.number),
    ).fetchone()
    checksum = part.blob.checksum
    connection.execute(
        "INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            upload.name,
            part.number,
            part.blob.name,
            part.blob.size,
            part.blob.md5,
            checksum and checksum.algorithm,
            checksum and checksum.value,
            part.modified,
        ),
    )
    return unused(connection, [row[0]]) if row else []


def parts(connection: sqlite3.Connection, upload: str, after: int = 0) -> Iterator[Part]:
    """An upload's parts by number, those above `after`."""
    rows = connection.execute(
        "SELECT * FROM parts WHERE upload = ? AND number > ? ORDER BY number",
        (upload, after),
    )
    for _, number, blob, size, md5, algorithm, value, modified in rows:
        checksum = None if algorithm is None else Checksum(algorithm, value)
        yield Part(number, Blob(blob, size, md5, checksum), modified)


def remove_upload(connection: sqlite3.Connection, upload: Upload) -> list[str]:
    """Forget an upload and its parts; returns unused blobs."""
    find_upload(connection, upload.bucket, upload.key, upload.name)
    return unused(connection, _forget(connection, upload.name))


def _forget(connection: sqlite3.Connection, name: str) -> list[str]:
    blobs = connection.execute("DELETE FROM parts WHERE upload = ? RETURNING blob", (name,))
    found = [blob for (blob,) in blobs.fetchall()]
    connection.execute("DELETE FROM uploads WHERE name = ?", (name,))
    return found


def complete(
    connection: sqlite3.Connection, upload: Upload, order: Order
) -> tuple[Object, list[str]]:
    """Make an object of the named parts; returns it and the blobs that are left over."""
    upload = find_upload(connection, upload.bucket, upload.key, upload.name)
    stored = {part.number: part for part in parts(connection, upload.name)}
    made = assemble(upload, order, stored)
    new = Object(
        upload.bucket,
        upload.key,
        made.size,
        made.etag,
        order.now,
        upload.headers,
        made.checksum,
        made.parts,
        upload.name,
    )
    blobs = put_object(connection, new, made.segments, order.condition)
    blobs += _forget(connection, upload.name)
    return new, unused(connection, set(blobs))


def completed(connection: sqlite3.Connection, bucket: str, key: str, name: str) -> Object | None:
    """The live object that an upload of that name became, for a client that asks again."""
    found = find_object(connection, bucket, key)
    return found if found is not None and found.upload == name else None


def scan(connection: sqlite3.Connection, bucket: str, start: str) -> Iterator[tuple[str, Upload]]:
    """Uploads in order of key and name, from a key on."""
    rows = connection.execute(
        "SELECT * FROM uploads WHERE bucket = ? AND key >= ? ORDER BY key, name",
        (bucket, start),
    )
    for row in rows:
        yield row[2], _upload(row)
