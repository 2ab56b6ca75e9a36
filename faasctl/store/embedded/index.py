"""The index: SQLite in WAL mode, one writing thread, many readers.

Writers wait in a queue; all that wait are committed together, so that many small uploads share
one sync. A change that is refused is rolled back alone. What was answered is on disk.
https://www.sqlite.org/wal.html
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from faasctl.store.embedded.faults import S3Error

Result = TypeVar("Result")
Change = Callable[[sqlite3.Connection], Result]

_BATCH = 256
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta(generation INTEGER NOT NULL);
INSERT INTO meta SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM meta);
CREATE TABLE IF NOT EXISTS buckets(
    name TEXT PRIMARY KEY, created REAL NOT NULL, cors BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects(
    number INTEGER PRIMARY KEY AUTOINCREMENT, bucket TEXT NOT NULL, key TEXT NOT NULL,
    size INTEGER NOT NULL, etag TEXT NOT NULL, modified REAL NOT NULL, headers TEXT NOT NULL,
    algorithm TEXT, checksum TEXT, kind TEXT, parts INTEGER NOT NULL, upload TEXT NOT NULL,
    UNIQUE(bucket, key));
CREATE TABLE IF NOT EXISTS segments(
    object INTEGER NOT NULL, start INTEGER NOT NULL, length INTEGER NOT NULL, blob TEXT NOT NULL,
    offset INTEGER NOT NULL, PRIMARY KEY(object, start)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS segment_blobs ON segments(blob);
CREATE TABLE IF NOT EXISTS uploads(
    name TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, created REAL NOT NULL,
    headers TEXT NOT NULL, algorithm TEXT, kind TEXT) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS upload_keys ON uploads(bucket, key, name);
CREATE TABLE IF NOT EXISTS parts(
    upload TEXT NOT NULL, number INTEGER NOT NULL, blob TEXT NOT NULL, size INTEGER NOT NULL,
    md5 TEXT NOT NULL, algorithm TEXT, checksum TEXT, modified REAL NOT NULL,
    PRIMARY KEY(upload, number)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS part_blobs ON parts(blob);
"""


class Index:
    """Opened once per process; `reader` is for the event loop's thread alone."""

    def __init__(self, file: Path, before_commit: Callable[[], None]) -> None:
        self._file = file
        self._before_commit = before_commit
        self._writer = self._connect()
        self._writer.execute("PRAGMA journal_mode = WAL")
        self._writer.executescript(_SCHEMA)
        self._writer.execute("UPDATE meta SET generation = generation + 1")
        row = self._writer.execute("SELECT generation FROM meta").fetchone()
        self.generation = int(row[0])
        self.reader = self._connect()
        self._local = threading.local()
        self._queue: queue.SimpleQueue[tuple[Change[Any], Future[Any]] | None]
        self._queue = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="index", daemon=True)
        self._thread.start()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._file, isolation_level=None, check_same_thread=False, timeout=30
        )
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    async def write(self, change: Change[Result]) -> Result:
        """Make a change; returns once it is on disk."""
        future: Future[Result] = Future()
        self._queue.put((change, future))
        return await asyncio.wrap_future(future)

    async def search(self, question: Change[Result]) -> Result:
        """Read in another thread, for what may take longer than a moment."""
        return await asyncio.to_thread(lambda: question(self._thread_reader()))

    def _thread_reader(self) -> sqlite3.Connection:
        if not hasattr(self._local, "reader"):
            self._local.reader = self._connect()
        connection: sqlite3.Connection = self._local.reader
        return connection

    def close(self) -> None:
        """Finish what waits, then let go."""
        self._queue.put(None)
        self._thread.join()
        self.reader.close()
        self._writer.close()

    def _run(self) -> None:
        while True:
            batch, stop = self._next_batch()
            if batch:
                self._commit(batch)
            if stop:
                return

    def _next_batch(self) -> tuple[list[tuple[Change[Any], Future[Any]]], bool]:
        batch: list[tuple[Change[Any], Future[Any]]] = []
        item = self._queue.get()
        while item is not None:
            batch.append(item)
            if len(batch) == _BATCH or self._queue.empty():
                return batch, False
            item = self._queue.get()
        return batch, True

    def _commit(self, batch: list[tuple[Change[Any], Future[Any]]]) -> None:
        done: list[tuple[Future[Any], Any]] = []
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            done = [(future, self._apply(change)) for change, future in batch]
            self._before_commit()
            self._writer.execute("COMMIT")
        except BaseException as error:  # noqa: BLE001  every waiting request must hear of it
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            _fail(batch, error)
            return
        for future, result in done:
            if isinstance(result, S3Error):
                future.set_exception(result)
            else:
                future.set_result(result)

    def _apply(self, change: Change[Any]) -> Any:
        self._writer.execute("SAVEPOINT change")
        try:
            return change(self._writer)
        except S3Error as refusal:
            self._writer.execute("ROLLBACK TO change")
            return refusal
        finally:
            self._writer.execute("RELEASE change")


def _fail(batch: list[tuple[Change[Any], Future[Any]]], error: BaseException) -> None:
    for _, future in batch:
        future.set_exception(error)
