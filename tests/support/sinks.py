"""Servers that only listen: for mail over SMTP, and for what is posted as JSON."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, cast


@dataclass
class Sink:
    """What came in, and where."""

    port: int
    mails: list[EmailMessage] = field(default_factory=list)
    receivers: list[str] = field(default_factory=list)
    posts: list[dict[str, Any]] = field(default_factory=list)


class _Smtp(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as one mail takes."""

    sink: Sink

    def handle(self) -> None:
        self._say("220 sink")
        while line := self.rfile.readline():
            word = line[:4].upper().decode()
            if word == "DATA":
                self._say("354 go on")
                lines = []
                while (part := self.rfile.readline()) != b".\r\n":
                    lines.append(part.removeprefix(b".") if part.startswith(b"..") else part)
                mail = message_from_bytes(b"".join(lines), policy=policy.default)
                self.sink.mails.append(cast("EmailMessage", mail))
                self._say("250 taken")
            elif word == "QUIT":
                self._say("221 bye")
                return
            else:
                if word == "RCPT":
                    self.sink.receivers.append(line.decode().split("<")[1].split(">")[0])
                self._say("250 ok")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _Json(BaseHTTPRequestHandler):
    sink: Sink

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.sink.posts.append(json.loads(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def smtp_sink() -> Iterator[Sink]:
    """A mail server on a free port of this machine."""
    with _listening(socketserver.ThreadingTCPServer, _Smtp) as sink:
        yield sink


@contextmanager
def json_sink() -> Iterator[Sink]:
    """An HTTP server on a free port of this machine that takes every POST."""
    with _listening(HTTPServer, _Json) as sink:
        yield sink


@contextmanager
def _listening(server: type[socketserver.TCPServer], handler: type[Any]) -> Iterator[Sink]:
    own = type("Handler", (handler,), {})
    with server(("127.0.0.1", 0), own) as running:
        own.sink = Sink(running.server_address[1])
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield own.sink
        running.shutdown()
        thread.join()
