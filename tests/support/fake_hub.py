"""A hub on loopback: its api, HEAD and Range protocol, and every way it can misbehave.

What it answers is what huggingface.co answers for a file kept with Git LFS: `/api/models/…`, a
redirect of `/resolve/` to another host with the checksum in the headers, ranges from there.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

REVISION = "0123456789abcdef0123456789abcdef01234567"
RANGE = re.compile(r"bytes=(\d+)-$")
PIECE = 2**16


@dataclass
class Hub:
    """What there is, how it misbehaves, and what it was asked."""

    content: bytes = field(repr=False)
    file: str = "model-q4_k_m.gguf"
    repository: str = "Someone/Model-GGUF"
    files: tuple[str, ...] = ()
    """More of them."""
    gated: str | bool = False
    sha256: str | None = None
    """What it says the checksum is; None tells the truth."""
    statuses: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """Answers given before any other, one each."""
    cdn_statuses: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """The same, where the bytes come from."""
    drop_after: list[int] = field(default_factory=list)
    """Close after so many bytes of an answer, one entry an answer."""
    stall_after: list[int] = field(default_factory=list)
    """Send nothing more after so many bytes, until the test lets go."""
    short_by: list[int] = field(default_factory=list)
    """Give so many bytes fewer, with a Content-Length that agrees."""
    longer_by: int = 0
    """Give so many bytes more than there are."""
    no_ranges: bool = False
    """Answer 200 with everything, whatever was asked."""
    head_drops: int = 0
    """Close without an answer, so often, when asked for the checksum."""
    moved_to: str = ""
    """Answer everything with a redirect there, as a mirror does that has moved."""
    certificate: Path | None = None
    """Speak HTTPS with this one, key and all; None speaks plain HTTP."""
    pace: float = 0.0
    """Seconds between two pieces."""
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    """Method, path and Range of every request."""
    headers: list[dict[str, str]] = field(default_factory=list)
    let_go: threading.Event = field(default_factory=threading.Event)
    reached: threading.Event = field(default_factory=threading.Event)
    """A stall was reached, or half of the file was sent slowly."""
    url: str = ""
    cdn: str = ""
    running: list[tuple[_Server, threading.Thread]] = field(default_factory=list, repr=False)
    """The servers of its two addresses, with what serves them; of earlier stays too."""

    def come(self) -> None:
        """Be there; after `leave` at the same addresses."""
        ports = [int(each.rpartition(":")[2]) if each else 0 for each in (self.url, self.cdn)]
        servers = [_Server(("127.0.0.1", port), partial(_Handler, self)) for port in ports]
        scheme = "http" if self.certificate is None else "https"
        self.url, self.cdn = (f"{scheme}://127.0.0.1:{server.server_port}" for server in servers)
        for server in servers:
            if self.certificate is not None:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(self.certificate)
                server.socket = context.wrap_socket(server.socket, server_side=True)
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            self.running.append((server, thread))

    def leave(self) -> None:
        """Take no connection any more, and send nothing more where a stall was reached."""
        for server, thread in self.running:
            server.shutdown()
            thread.join()
            server.socket.close()
        self.let_go.set()

    @property
    def true_sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def ranges(self) -> list[str | None]:
        """The Range of every request for the bytes."""
        return [each for method, path, each in self.asked if method == "GET" and "/cdn/" in path]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, hub: Hub, *arguments: Any) -> None:
        self.hub = hub
        super().__init__(*arguments)

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        hub = self.hub
        hub.asked.append((self.command, self.path, self.headers.get("Range")))
        hub.headers.append(dict(self.headers))
        statuses = hub.cdn_statuses if "/cdn/" in self.path else hub.statuses
        if statuses:
            status, headers = statuses.pop(0)
            self._say(status, headers)
        elif hub.moved_to:
            self._say(308, {"Location": f"{hub.moved_to}{self.path}"})
        elif self.path.startswith("/api/models/"):
            self._api()
        elif "/resolve/" in self.path:
            self._resolve()
        elif "/cdn/" in self.path:
            self._bytes()
        else:
            self._say(404)

    def _api(self) -> None:
        hub = self.hub
        repository = self.path.removeprefix("/api/models/").partition("?")[0]
        if repository != hub.repository:
            self._say(404, {"X-Error-Code": "RepoNotFound"})
            return
        siblings = [
            {
                "rfilename": name,
                "size": len(hub.content),
                "lfs": {
                    "sha256": hub.sha256 or hub.true_sha256,
                    "size": len(hub.content),
                    "pointerSize": 135,
                },
            }
            for name in (hub.file, *hub.files)
        ]
        siblings.append({"rfilename": "README.md", "size": 12})
        found = {
            "_id": "1",
            "id": hub.repository,
            "modelId": hub.repository,
            "sha": REVISION,
            "gated": hub.gated,
            "private": False,
            "tags": [],
            "siblings": siblings,
        }
        body = json.dumps(found).encode()
        self._say(200, {"Content-Type": "application/json"}, body)

    def _resolve(self) -> None:
        hub = self.hub
        if self.path != f"/{hub.repository}/resolve/{REVISION}/{hub.file}":
            self._say(404, {"X-Error-Code": "EntryNotFound"})
            return
        if self.command == "HEAD" and hub.head_drops:
            hub.head_drops -= 1
            self.close_connection = True
            return
        headers = {
            "X-Repo-Commit": REVISION,
            "X-Linked-Etag": f'"{hub.sha256 or hub.true_sha256}"',
            "X-Linked-Size": str(len(hub.content)),
            "Location": f"{hub.cdn}/cdn/{hub.true_sha256}?signature=secret",
        }
        self._say(302, headers)

    def _bytes(self) -> None:
        hub = self.hub
        content = hub.content + bytes(hub.longer_by)
        asked = RANGE.match(self.headers.get("Range") or "")
        start = int(asked.group(1)) if asked and not hub.no_ranges else 0
        body = content[start:]
        if hub.short_by:
            body = body[: max(0, len(body) - hub.short_by.pop(0))]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        drop = hub.drop_after.pop(0) if hub.drop_after else None
        stall = hub.stall_after.pop(0) if hub.stall_after and drop is None else None
        if drop is not None or stall is not None:
            body = body[: drop if drop is not None else stall]
        with suppress(OSError):
            for at in range(0, len(body), PIECE):
                self.wfile.write(body[at : at + PIECE])
                if hub.pace:
                    if at >= len(body) // 2:
                        hub.reached.set()
                    time.sleep(hub.pace)
            self.wfile.flush()
        if stall is not None:
            hub.reached.set()
            hub.let_go.wait(60)
        if drop is not None or stall is not None:
            self.close_connection = True

    def _say(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True

    def handle_error(self, *_: object) -> None:
        """A client that was killed is what tests are about."""


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Serve `hub` on two ports of loopback: its own, and that of another host for the bytes."""
    hub.come()
    try:
        yield hub
    finally:
        hub.pace = 0
        hub.leave()
        for server, _ in hub.running:
            server.server_close()


@contextmanager
def socks_proxy() -> Iterator[str]:
    """Run a SOCKS 5 proxy (RFC 1928, no authentication) for one connection; gives its address."""
    listening = socket.create_server(("127.0.0.1", 0))

    def carry(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(PIECE):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def serve() -> None:
        with suppress(OSError), listening.accept()[0] as client:
            client.recv(2 + client.recv(2, socket.MSG_PEEK)[1])
            client.sendall(b"\x05\x00")
            _, _, _, kind = client.recv(4)
            length = 4 if kind == 1 else client.recv(1)[0]
            host = client.recv(length)
            port = int.from_bytes(client.recv(2), "big")
            name = socket.inet_ntoa(host) if kind == 1 else host.decode()
            with socket.create_connection((name, port)) as server:
                client.sendall(b"\x05\x00\x00\x01" + bytes(6))
                back = threading.Thread(target=carry, args=(server, client))
                back.start()
                carry(client, server)
                back.join()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"socks5://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()
