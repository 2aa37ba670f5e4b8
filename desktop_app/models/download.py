"""The process that fetches a model: the only code here that opens an internet connection.

Started by `fetch.py` for one job a person asked for, and gone afterwards. It speaks to the hub
through huggingface_hub: what there is (`model_info`), the checksum (`get_hf_file_metadata`), the
bytes (`http_get`, which goes on from where a part file ends; `hf_hub_download` throws a part away
when its process ends). Every TCP connection is made by `_Backend`, which writes it down first; an
audit hook refuses any other.
"""

from __future__ import annotations

import errno
import fnmatch
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final, NoReturn, cast
from urllib.parse import urljoin

import httpcore2
import httpx2
from huggingface_hub import (
    HfApi,
    HfFileMetadata,
    constants,
    get_hf_file_metadata,
    hf_hub_url,
    set_client_factory,
)
from huggingface_hub.file_download import http_get

from desktop_app.core_files import write_no_core_file
from desktop_app.errors import BugError, DownloadError, KnownError, ModelError
from desktop_app.models.catalogue import SHA256, Pin
from desktop_app.models.download_faults import RateLimitedError, explained, host_of, named_elsewhere
from desktop_app.models.install import MODEL, NEW, PARTS, check_room, settle, sha256_of
from desktop_app.models.job import Event, Job, job_from
from desktop_app.models.ledger import Connection, LedgerWriter
from desktop_app.models.part import PartFile, named_part, remove_other_parts, taken_up_again
from desktop_app.models.patience import Patience
from desktop_app.models.source import Source
from desktop_app.paths import private_folder
from resources.errors import EXIT_DONE, place_of
from resources.file_lock import FileLock

CHUNK: Final = 2**16
"""Bytes that are written at once. The library's 10 MiB would all be lost at each break."""
REPORT_S: Final = 0.2
MOST_MOVES: Final = 5
"""Redirects of a mirror, one after the other, that are followed to a file's checksum."""
FULL: Final = {errno.ENOSPC, errno.EDQUOT}


class _Wire:
    """Standard output as events; nothing else may write there."""

    def __init__(self) -> None:
        self._handle = os.dup(1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

    def tell(self, **event: object) -> None:
        with suppress(OSError):  # the parent has gone, and stdin's end will say so
            os.write(self._handle, json.dumps(event).encode() + b"\n")


class _Stream(httpcore2.NetworkStream):
    """A connection that counts what goes through it."""

    def __init__(self, inner: httpcore2.NetworkStream, of: _Counted) -> None:
        self._inner = inner
        self._of = of

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._inner.read(max_bytes, timeout)
        self._of.received += len(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, timeout)
        self._of.sent += len(buffer)

    def close(self) -> None:
        self._inner.close()
        self._of.end()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        if server_hostname not in (None, self._of.made.host):
            self._of.behind = server_hostname
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout), self._of)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Counted:
    """What the ledger will say of one connection."""

    def __init__(self, ledger: LedgerWriter, made: Connection) -> None:
        self._ledger = ledger
        self.made = made
        self.received = self.sent = 0
        self.behind: str | None = None

    def end(self) -> None:
        self._ledger.end(self.made, received=self.received, sent=self.sent, behind=self.behind)


class _Backend(httpcore2.NetworkBackend):
    """Makes connections, each written down first."""

    def __init__(self, ledger: LedgerWriter) -> None:
        self._ledger = ledger
        self._inner = httpcore2.SyncBackend()
        self._connecting = False
        self._open: list[_Counted] = []
        self.host = ""
        """Whom the last connection was tried to."""
        sys.addaudithook(self._refuse_others)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        self.host = host
        counted = _Counted(self._ledger, self._ledger.begin(host, port))
        self._connecting = True
        try:
            stream = self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        except Exception:
            counted.end()
            raise
        finally:
            self._connecting = False
        self._open.append(counted)
        return _Stream(stream, counted)

    def end_all(self) -> None:
        """Write down how far the connections came that are still open."""
        for counted in self._open:
            counted.end()

    def _refuse_others(self, event: str, _arguments: object) -> None:
        if event == "socket.connect" and not self._connecting:
            raise PermissionError("a connection that the ledger does not know")


class Download:
    """One job."""

    def __init__(self, job: Job, wire: _Wire) -> None:
        self._job = job
        self._wire = wire
        ledger = Path(job.ledger)
        private_folder(ledger.parent)
        self.backend = _Backend(LedgerWriter(ledger, reason=job.reason, repository=job.repository))
        self._proxies: set[str] = set()  # hosts that others are asked through
        self._come: tuple[int, int] | None = None
        self._patience = Patience(job.patience_s, self._tell_pause)
        threading.Thread(target=self._report, daemon=True).start()
        constants.DOWNLOAD_CHUNK_SIZE = CHUNK
        set_client_factory(self._client)

    def run(self) -> None:
        """Do what was asked.

        Raises:
            KnownError: it cannot be done; a part that has come is kept unless it is wrong.
        """
        try:
            self._run()
        except (KnownError, AssertionError):
            raise
        except Exception as error:
            source, to = Source(self._job.endpoint), self.backend.host
            known = explained(error, to, source, self._job.repository, proxied=to in self._proxies)
            if known is None:
                raise
            raise known from error

    def _run(self) -> None:
        pin = self._job.pin
        if pin is None:
            pin = self._patience.over(self._look)
            self._tell_found(pin)
        if self._job.reason == "get":
            self._get(pin)

    # What there is

    def _look(self) -> Pin:
        job = self._job
        api = HfApi(endpoint=job.endpoint, token=False)
        info = api.model_info(job.repository, files_metadata=True, timeout=job.stall_s)
        if info.gated:
            raise DownloadError("download.gated", repository=job.repository)
        matching = [
            each for each in info.siblings or () if fnmatch.fnmatchcase(each.rfilename, job.pattern)
        ]
        if not matching:
            raise DownloadError("download.not_found", repository=job.repository)
        if len(matching) > 1:
            names = ", ".join(each.rfilename for each in matching)
            raise DownloadError("download.several", repository=job.repository, names=names)
        (file,) = matching
        sha256 = file.lfs.sha256 if file.lfs else None
        if not info.sha or not file.size or not SHA256.fullmatch(sha256 or ""):
            raise DownloadError("download.no_hub", host=self.backend.host)
        return Pin(info.sha, file.rfilename, file.size, cast("str", sha256))

    def _confirmed(self, pin: Pin) -> None:
        """Ask the hub for the checksum of the file at that revision: it is the one we know."""
        job = self._job
        url = hf_hub_url(job.repository, pin.file, revision=pin.revision, endpoint=job.endpoint)
        found = self._metadata(url)
        if not SHA256.fullmatch(found.etag or ""):
            raise DownloadError("download.no_hub", host=self.backend.host)
        if (found.etag, found.commit_hash, found.size) != (pin.sha256, pin.revision, pin.bytes):
            raise DownloadError("download.not_as_agreed", host=self.backend.host)

    def _metadata(self, url: str) -> HfFileMetadata:
        """Return what a hub says of a file, following a mirror that has moved elsewhere."""
        for _ in range(MOST_MOVES):
            found = get_hf_file_metadata(
                url, token=False, timeout=self._job.stall_s, endpoint=self._job.endpoint
            )
            moved = urljoin(url, found.location)
            if SHA256.fullmatch(found.etag or "") or moved == url:
                return found
            url = moved
        raise httpx2.TooManyRedirects("a mirror that moves for ever")

    # The bytes

    def _get(self, pin: Pin) -> None:
        installed = Path(self._job.installed)
        private_folder(installed.parent)
        parts = private_folder(private_folder(installed) / PARTS)
        lock = parts / f"{self._job.id}.lock"
        try:
            held = FileLock(lock)
        except BlockingIOError:
            raise DownloadError("download.already", name=self._job.id) from None
        with held:
            self._patience.over(partial(self._confirmed, pin))
            remove_other_parts(parts, self._job.id, pin)
            part = named_part(parts, self._job.id, pin)
            taken_up_again(part, parts / f"{self._job.id}{NEW}" / MODEL)
            self._fetch(pin, part, installed)
            lock.unlink(missing_ok=True)

    def _fetch(self, pin: Pin, part: Path, installed: Path) -> None:
        handle = os.open(part, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(handle, "r+b", buffering=0) as raw:
            file = cast("BinaryIO", raw)
            there = file.seek(0, os.SEEK_END)
            if there > pin.bytes:
                there = file.truncate(0)
            check_room(pin.bytes - there, part.parent)
            self._come = (there, pin.bytes)
            try:
                self._pour(pin, file)
            except DownloadError as error:
                if error.key == "download.wrong_file":  # it is longer than it may be
                    part.unlink()
                raise
            except OSError as error:
                if error.errno in FULL:  # say how much is missing
                    check_room(pin.bytes - file.seek(0, os.SEEK_END), part.parent)
                raise
            self._come = None
            self._wire.tell(event="progress", done=pin.bytes, total=pin.bytes)
            self._wire.tell(event="checking")
            file.seek(0)
            if sha256_of(file, pin.bytes) != pin.sha256:
                part.unlink()
                raise DownloadError("download.wrong_file")
        manifest = {**self._job.manifest, "revision": pin.revision}
        try:
            settle(part, self._job.id, installed, manifest, sha256=pin.sha256)
        except ModelError:  # what the hub named is what came, and it is no model
            part.unlink(missing_ok=True)
            raise
        self._wire.tell(event="installed", id=self._job.id)

    def _pour(self, pin: Pin, file: BinaryIO) -> None:
        """Fetch the rest, going on where a connection broke off.

        The library does so itself after some breaks, five times a second apart.
        """
        job = self._job
        url = hf_hub_url(job.repository, pin.file, revision=pin.revision, endpoint=job.endpoint)
        go_on = partial(self._go_on, url, file, pin)
        self._patience.over(go_on, lambda: file.seek(0, os.SEEK_END))

    def _go_on(self, url: str, file: BinaryIO, pin: Pin) -> None:
        """Fetch what is missing of a file, which the library goes on with from its end."""
        poured = PartFile(file, pin.bytes, self._has_come)
        there = file.seek(0, os.SEEK_END)
        target, plain = cast("BinaryIO", poured), {"Accept-Encoding": "identity"}
        http_get(url, target, resume_size=there, headers=plain, expected_size=pin.bytes)

    def _has_come(self, done: int, total: int) -> None:
        self._come = (done, total)

    def _report(self) -> None:
        """Tell how far it is, as often as a person can follow; in a thread of its own."""
        told = None
        while True:
            time.sleep(REPORT_S)
            come = self._come
            if come is not None and come != told:
                self._wire.tell(event="progress", done=come[0], total=come[1])
                told = come

    def _tell_found(self, pin: Pin) -> None:
        found: Event = {"revision": pin.revision, "file": pin.file, "bytes": pin.bytes}
        self._wire.tell(event="found", **found, sha256=pin.sha256)

    def _tell_pause(self, seconds: int, asked: bool) -> None:
        self._wire.tell(event="waiting", seconds=seconds, asked=asked)

    def _client(self) -> httpx2.Client:
        job = self._job
        hooks: dict[str, list[Any]] = {
            "request": [self._refuse_in_the_clear],
            "response": [self._has_answered, _heed_pauses],
        }
        with named_elsewhere():
            client = httpx2.Client(
                proxy=job.proxy, follow_redirects=True, timeout=job.stall_s, event_hooks=hooks
            )
        for transport in (client._transport, *client._mounts.values()):  # noqa: SLF001 - no way in
            if isinstance(transport, httpx2.HTTPTransport):
                pool = transport._pool  # noqa: SLF001 - same
                pool._network_backend = self.backend  # noqa: SLF001 - same
                proxy = getattr(pool, "_proxy_url", None)
                if proxy is not None:
                    self._proxies.add(proxy.host.decode("ascii"))
        return client

    def _refuse_in_the_clear(self, request: httpx2.Request) -> None:
        """Follow no redirect out of encryption: a checksum that came without it proves nothing."""
        if not Source(self._job.endpoint).may_lead_to(str(request.url)):
            raise DownloadError("download.in_the_clear", host=request.url.host)

    def _has_answered(self, response: httpx2.Response) -> None:
        self._patience.answered.add(host_of(response.request))


def _heed_pauses(response: httpx2.Response) -> None:
    """Take over where the library would sleep as long as it is told, hours included."""
    if response.status_code == httpx2.codes.TOO_MANY_REQUESTS:
        asked = response.headers.get("Retry-After", "")
        raise RateLimitedError(int(asked) if asked.isascii() and asked.isdigit() else None)


def main() -> NoReturn:
    """Do the job of the first line of stdin; end with stdin."""
    write_no_core_file()
    logging.disable()
    wire = _Wire()
    download: Download | None = None

    def end_with_stdin() -> None:
        while os.read(0, 4096):
            pass
        if download is not None:
            download.backend.end_all()
        os._exit(EXIT_DONE)

    try:
        job = job_from(sys.stdin.buffer.readline())
        threading.Thread(target=end_with_stdin, daemon=True).start()
        download = Download(job, wire)
        download.run()
    except KnownError as error:
        values = {name: str(value) for name, value in error.values.items()}
        wire.tell(event="known", key=error.key, values=values)
    except (Exception, BugError) as error:  # noqa: BLE001 - its place is told, never its text
        wire.tell(event="bug", place=place_of(error))
    if download is not None:
        download.backend.end_all()
    os._exit(EXIT_DONE)  # no thread to wait for: what matters is on the disk


if __name__ == "__main__":
    main()
