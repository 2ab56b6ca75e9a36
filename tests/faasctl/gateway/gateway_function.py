"""A function process of nothing but the standard library, which does what its paths say.

It keeps the contract of a real one: `--fd`, `--lifeline`, readiness, SIGTERM, exit codes.
The compiled component (JSON) says how it starts: `{"version", "start": "ok"|"fail"|"hang"|"die",
"delay"}`.
"""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

Query = dict[str, str]

faulthandler.register(signal.SIGUSR1, all_threads=True)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    component: ClassVar[dict[str, Any]]
    busy = 0
    most = 0
    lock = threading.Lock()
    hoard: ClassVar[list[bytearray]] = []

    def do_GET(self) -> None:
        with Handler.lock:
            Handler.busy += 1
            Handler.most = max(Handler.most, Handler.busy)
        try:
            self.answer()
        finally:
            with Handler.lock:
                Handler.busy -= 1

    do_POST = do_PUT = do_HEAD = do_DELETE = do_GET  # noqa: N815 - the base class's names

    def answer(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        action = getattr(
            self, "on_" + parts.path.strip("/").partition("/")[0].replace("-", "_"), None
        )
        if action is None:
            self.body()
            self.send(200, self.facts())
        else:
            action(query)

    def facts(self) -> dict[str, Any]:
        return {
            "version": self.component.get("version", 1),
            "pid": os.getpid(),
            "method": self.command,
            "target": self.requestline.split(" ")[1],
            "headers": [[name, value] for name, value in self.headers.items()],
            "environment": dict(os.environ),
            "most": Handler.most,
        }

    def send(self, status: int, value: Any, headers: Sequence[tuple[str, str]] = ()) -> None:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        for name, text in headers:
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "") == "chunked":
            pieces = []
            while size := int(self.rfile.readline(), 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(pieces)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def on_v2(self, query: Query) -> None:
        self.send(200, {"ready": True})

    def on_echo(self, query: Query) -> None:
        self.send(200, self.body(), [("Content-Type", "application/x-echo")])

    def on_sleep(self, query: Query) -> None:
        self.body()
        time.sleep(float(query["seconds"]))
        self.send(200, self.facts())

    def on_wait(self, query: Query) -> None:
        while not Path(query["gate"]).exists():
            time.sleep(0.01)
        self.send(200, self.facts())

    def on_crash(self, query: Query) -> None:
        self.body()
        os.kill(os.getpid(), signal.SIGKILL)

    def on_stuck(self, query: Query) -> None:
        self.body()
        os._exit(75)

    def on_bytes(self, query: Query) -> None:
        self.body()
        self.send(200, b"x" * int(query["count"]))

    def on_close(self, query: Query) -> None:
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"until the end")
        self.close_connection = True

    def on_events(self, query: Query) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number in range(int(query["count"])):
            line = b"data: %d\n\n" % number
            self.wfile.write(b"%x\r\n%b\r\n" % (len(line), line))
            self.wfile.flush()
            if "gate" in query:
                while not Path(query["gate"] + str(number)).exists():
                    time.sleep(0.01)
        if "cut" in query:
            os.kill(os.getpid(), signal.SIGKILL)
        self.wfile.write(b"0\r\n\r\n")

    def on_endless(self, query: Query) -> None:
        """Streams until the other side goes away, then says so in a file."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"1\r\nx\r\n")
                time.sleep(0.01)
        except OSError:
            Path(query["gone"]).touch()
            self.close_connection = True

    def on_first_line(self, query: Query) -> None:
        """Answers with what came first, while the rest of the body is still on its way."""
        size = int(self.rfile.readline(), 16)
        first = self.rfile.read(size)
        self.rfile.readline()
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"%x\r\n%b\r\n" % (len(first), first))
        self.wfile.flush()
        rest = self.body()
        self.wfile.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(rest), rest))

    def on_nothing(self, query: Query) -> None:
        self.send_response(204)
        self.end_headers()

    def on_hoard(self, query: Query) -> None:
        Handler.hoard.append(bytearray(os.urandom(1024)) * (1024 * int(query["mib"])))
        self.send(200, {"held": len(Handler.hoard)})

    def log_message(self, *arguments: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = True

    def __init__(self, fd: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = socket.socket(fileno=fd)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def start(component: dict[str, Any]) -> None:
    say(f"starting version {component.get('version', 1)}")
    time.sleep(component.get("delay", 0))
    match component.get("start", "ok"):
        case "fail":
            error = {"type": "ModuleNotFoundError", "message": "No module named 'no'"}
            error |= {"file": "src/app.py", "line": "7"}
            say(json.dumps({"event": "startup_failed", "error": error}))
            os._exit(3)
        case "hang":
            time.sleep(600)
        case "die":
            os.kill(os.getpid(), signal.SIGSEGV)
        case _:
            return


def main() -> None:
    arguments = dict(zip(sys.argv[2::2], sys.argv[3::2], strict=True))
    Handler.component = json.loads(Path(sys.argv[1]).read_text())
    threading.Thread(target=watch, args=(int(arguments["--lifeline"]),), daemon=True).start()
    start(Handler.component)
    server = Server(int(arguments["--fd"]))

    def leave(*_: object) -> None:
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, leave)
    server.serve_forever(0.02)
    server.socket.close()
    deadline = time.monotonic() + 30
    while Handler.busy and time.monotonic() < deadline:
        time.sleep(0.01)
    os._exit(0)


def watch(lifeline: int) -> None:
    while os.read(lifeline, 64):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


main()
