"""Models from a hub, with the real client in its real process, against a hub that misbehaves."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from desktop_app.errors import DownloadError, KnownError, ModelError
from desktop_app.models.catalogue import Entry, Pin
from desktop_app.models.fetch import Coming, Fetch, Found, Installed, News, Waiting
from desktop_app.models.install import MODEL, PARTS
from desktop_app.models.job import Job, job_for
from desktop_app.models.ledger import Connection, connections
from desktop_app.models.library import find_model
from desktop_app.models.part import named_part
from desktop_app.models.source import Source
from desktop_app.models.verify import verify_before_load
from desktop_app.paths import private_folder
from tests.support.broken_pipe import BrokenOnWindows
from tests.support.certificate import write_certificate
from tests.support.engine_tiny import write_tiny_model
from tests.support.fake_hub import PIECE, REVISION, Hub, serving, socks_proxy
from tests.support.processes import wait_for_end
from tests.support.small_disk import ONLY_ROOT, room_on

GB = 10**9
SOON = 1
"""Seconds after which the tests' downloads call a connection stalled."""


@dataclass(frozen=True)
class Place:
    """A person's folders, and a hub to ask."""

    hub: Hub
    folder: Path
    source: Source
    patience: int = SOON
    """Seconds without a byte after which a connection is given up."""
    waits: int = 30
    """Seconds without a byte after which all of it is given up."""

    @property
    def installed(self) -> Path:
        return self.folder / "models"

    @property
    def pin(self) -> Pin:
        hub = self.hub
        return Pin(REVISION, hub.file, len(hub.content), hub.sha256 or hub.true_sha256)

    def job(self, reason: str = "get", pin: Pin | None = None) -> Job:
        entry = Entry(
            id="a-model",
            name="A Model",
            repository=self.hub.repository,
            pattern="*q4_k_m.gguf",
            licence="Apache-2.0",
            languages=("zh",),
            about={"zh": "", "en": ""},
            memory_gib=1.0,
            kind="instruct",
            quantisation="Q4_K_M",
        )
        wanted = (pin or self.pin) if reason == "get" else None
        ledger = self.folder / "state" / "connections.jsonl"
        return job_for(
            entry,
            self.source,
            self.installed,
            ledger,
            reason=reason,
            pin=wanted,
            stall_s=self.patience,
            patience_s=self.waits,
        )

    def fetch(self, reason: str = "get", pin: Pin | None = None) -> Fetch:
        return Fetch(self.job(reason, pin), self.folder / "cache")

    def run(self, reason: str = "get", pin: Pin | None = None) -> list[News]:
        with self.fetch(reason, pin) as fetch:
            return list(fetch.news())

    def fails(self, reason: str = "get", pin: Pin | None = None) -> KnownError:
        with pytest.raises((DownloadError, ModelError)) as caught:
            self.run(reason, pin)
        assert not (self.installed / "a-model").exists()
        return caught.value

    def parts(self) -> list[Path]:
        return list((self.installed / PARTS).glob("*.part"))

    def connections(self) -> list[Connection]:
        return connections(self.folder / "state" / "connections.jsonl")


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_tiny_model(tmp_path_factory.mktemp("published")).read_bytes()


@pytest.fixture
def place(content: bytes, tmp_path: Path) -> Iterator[Place]:
    with serving(Hub(content)) as hub:
        yield Place(hub, tmp_path, Source(hub.url))


@pytest.fixture
def patient(place: Place) -> Place:
    """The same with a download that waits as long as the test does."""
    return replace(place, patience=60)


def whole(place: Place) -> bool:
    """The model is installed, and is what the hub has."""
    model = find_model("a-model", place.installed)
    verify_before_load(model)
    return model.path.read_bytes() == place.hub.content


def test_a_pipe_as_windows_breaks_it_played_by_an_object_is_a_dead_childs(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = subprocess.Popen

    def broken(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        process: subprocess.Popen[bytes] = start(*arguments, **options)
        assert process.stdin is not None
        process.stdin = BrokenOnWindows(process.stdin)
        return process

    with monkeypatch.context() as played:
        played.setattr(subprocess, "Popen", broken)
        fetch = place.fetch()
    with fetch:
        fetch.stop()
    assert fetch._process.returncode is not None


def test_looking_tells_what_there_is_and_getting_it_installs_it(
    place: Place, empty_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = empty_home / ".cache" / "huggingface" / "token"
    token.parent.mkdir()
    token.write_text("hf_mine", encoding="utf-8")
    monkeypatch.setenv("HF_TOKEN", "hf_mine")
    (found,) = place.run("look")
    assert found == Found(place.pin)
    assert place.run()[-1] == Installed("a-model")
    assert whole(place)
    manifest = find_model("a-model", place.installed).manifest
    assert (manifest.repository, manifest.revision) == (place.hub.repository, REVISION)
    assert (manifest.sha256, manifest.context) == (place.hub.true_sha256, 4096)

    # what was asked: nothing but that, and of nobody in particular
    assert [(method, path.partition("?")[0]) for method, path, _ in place.hub.asked] == [
        ("GET", f"/api/models/{place.hub.repository}"),
        ("HEAD", f"/{place.hub.repository}/resolve/{REVISION}/{place.hub.file}"),
        ("GET", f"/{place.hub.repository}/resolve/{REVISION}/{place.hub.file}"),
        ("GET", f"/cdn/{place.hub.true_sha256}"),
    ]
    said = json.dumps(place.hub.headers).lower()
    assert "authorization" not in said
    assert "hf_mine" not in said
    assert "soulchat" not in said

    # every connection is in the ledger, the one to the other host too, with its bytes
    made = {(each.reason, f"http://{each.host}:{each.port}"): each for each in place.connections()}
    assert set(made) == {
        ("look", place.hub.url),
        ("get", place.hub.url),
        ("get", place.hub.cdn),
    }
    size = len(place.hub.content)
    assert size < (made["get", place.hub.cdn].received or 0) < size + 1000
    written = (place.folder / "state" / "connections.jsonl").read_text(encoding="utf-8")
    assert "secret" not in written

    # and nothing else is left anywhere
    left = {each.relative_to(place.folder).as_posix() for each in place.folder.rglob("*")}
    assert left == {
        *("models", "models/a-model", f"models/a-model/{MODEL}", "models/a-model/model.json"),
        *("models/.parts", "state", "state/connections.jsonl"),
    }
    assert [each.name for each in (empty_home / ".cache").iterdir()] == ["huggingface"]


def test_it_goes_on_where_a_connection_dropped_stalled_or_gave_too_little(place: Place) -> None:
    place.hub.drop_after = [100_000]
    place.hub.stall_after = [80_000]
    place.hub.short_by = [0, 0, 1000]
    place.run()
    assert whole(place)
    starts = [int(each.removeprefix("bytes=").rstrip("-")) for each in place.hub.ranges() if each]
    assert place.hub.ranges()[0] is None
    assert len(starts) == 3
    assert starts == sorted(set(starts))


def waits_without_a_network(place: Place, *, back: bool) -> list[Waiting]:
    """Fetch, with a network that goes away in the middle; `back` brings it back after a while."""
    place.hub.stall_after = [PIECE]
    waits = []
    with place.fetch() as fetch:
        for news in fetch.news():
            if isinstance(news, Coming) and news.done and not place.hub.let_go.is_set():
                place.hub.leave()
            if isinstance(news, Waiting):
                waits.append(news)
                if back:
                    place.hub.come()
    return waits


def test_a_network_that_goes_away_is_waited_for(patient: Place) -> None:
    assert waits_without_a_network(patient, back=True) == [Waiting(1, asked=False)]
    assert whole(patient)
    assert patient.hub.ranges() == [None, f"bytes={PIECE}-"]


def test_a_network_that_stays_away_is_one_sentence_and_what_has_come_is_kept(
    patient: Place,
) -> None:
    with pytest.raises(DownloadError) as caught:
        waits_without_a_network(replace(patient, waits=2), back=False)
    assert caught.value.key == "download.refused"
    assert [each.stat().st_size for each in patient.parts()] == [PIECE]


def test_trouble_that_passes_is_waited_for_wherever_it_comes(place: Place) -> None:
    place.hub.statuses = [(503, {})]
    assert place.run("look")[-1] == Found(place.pin)
    place.hub.statuses = [(502, {})]
    place.hub.head_drops = 1
    place.hub.cdn_statuses = [(504, {})]
    heard = place.run()
    assert [each.seconds for each in heard if isinstance(each, Waiting)] == [1, 2, 1]
    assert whole(place)


def test_a_mirror_that_has_moved_is_followed(place: Place) -> None:
    with serving(Hub(b"", moved_to=place.hub.url)) as mirror:
        moved = replace(place, source=Source(mirror.url))
        assert moved.run("look")[-1] == Found(place.pin)
        assert moved.run()[-1] == Installed("a-model")
    assert whole(place)
    asked = {f"http://{each.host}:{each.port}" for each in place.connections()}
    assert asked == {mirror.url, place.hub.url, place.hub.cdn}


@pytest.fixture
def encrypted(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub that speaks HTTPS, with a certificate that this computer trusts."""
    certificate = write_certificate(tmp_path / "loopback.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving(Hub(content, certificate=certificate)) as hub:
        yield hub


def test_a_mirror_that_has_moved_to_https_is_followed(place: Place, encrypted: Hub) -> None:
    place.hub.moved_to = encrypted.url
    assert place.run("look")[-1] == Found(place.pin)
    assert place.run()[-1] == Installed("a-model")
    assert whole(place)


def test_an_encrypted_source_that_leads_out_of_encryption_is_not_followed(
    place: Place, encrypted: Hub
) -> None:
    encrypted.moved_to = place.hub.url
    moved = replace(place, source=Source(encrypted.url))
    assert moved.fails("look").key == "download.in_the_clear"
    assert moved.fails().key == "download.in_the_clear"
    assert place.hub.asked == []


def test_what_has_come_stays_where_the_rest_would_come_in_the_clear(
    place: Place, encrypted: Hub
) -> None:
    part = named_part(private_folder(place.installed) / PARTS, "a-model", place.pin)
    private_folder(part.parent)
    part.write_bytes(encrypted.content[:100_000])
    encrypted.cdn = place.hub.cdn

    error = replace(place, source=Source(encrypted.url)).fails()

    assert error.key == "download.in_the_clear"
    assert part.read_bytes() == encrypted.content[:100_000]
    assert place.hub.asked == []


@pytest.mark.parametrize(
    ("source", "url", "may"),
    [
        ("https://mirror.example", "https://elsewhere.example/file", True),
        ("https://mirror.example", "http://mirror.example/file", False),
        ("https://mirror.example", "http://127.0.0.1/file", False),
        ("http://localhost:8080", "https://elsewhere.example/file", True),
        ("http://localhost:8080", "http://127.0.0.1:8081/file", True),
        ("http://localhost:8080", "http://elsewhere.example/file", False),
    ],
)
def test_plain_http_leads_nowhere_but_from_this_computer_to_it(
    source: str, url: str, may: bool
) -> None:
    assert Source(source).may_lead_to(url) is may


def test_a_mirror_that_moves_for_ever_is_one_sentence(place: Place) -> None:
    place.hub.moved_to = f"{place.hub.url}/again"
    assert place.fails().key == "download.broke_off"


def test_a_hub_that_knows_no_ranges_sends_all_of_it_again(place: Place) -> None:
    place.hub.drop_after = [300_000]
    place.hub.no_ranges = True
    place.run()
    assert whole(place)


def test_a_killed_download_goes_on_and_what_it_had_is_in_the_ledger(patient: Place) -> None:
    patient.hub.stall_after = [300_000]
    with patient.fetch() as fetch:
        for news in fetch.news():
            if isinstance(news, Coming) and news.done:
                patient.hub.reached.wait(20)
                os.kill(fetch.pid, signal.SIGKILL)
                break
        with pytest.raises(DownloadError) as caught:
            list(fetch.news())
    assert caught.value.key == "download.died"
    (part,) = patient.parts()
    there = part.stat().st_size
    assert 0 < there <= 300_000
    assert None in {each.received for each in patient.connections()}
    patient.hub.let_go.set()
    patient.run()
    assert patient.hub.ranges()[-1] == f"bytes={there}-"
    assert whole(patient)


def test_a_paused_download_keeps_what_has_come(patient: Place) -> None:
    patient.hub.stall_after = [300_000]
    with patient.fetch() as fetch:
        for news in fetch.news():
            if isinstance(news, Coming) and news.done:
                fetch.stop()
    assert [each.stat().st_size > 0 for each in patient.parts()] == [True]
    assert None not in {each.received for each in patient.connections()}
    patient.hub.let_go.set()
    assert isinstance(patient.run()[-1], Installed)
    assert len([each for each in patient.hub.ranges() if each]) == 1
    assert whole(patient)


def test_the_child_ends_with_the_process_that_started_it(patient: Place) -> None:
    patient.hub.stall_after = [0]
    starting = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from desktop_app.models.fetch import Fetch\n"
        "from desktop_app.models.job import job_from\n"
        "fetch = Fetch(job_from(sys.stdin.buffer.readline()), Path(sys.argv[1]))\n"
        "next(fetch.news()); print(fetch.pid, flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", starting, patient.folder / "cache"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        parent.stdin.write(patient.job().line())
        parent.stdin.flush()
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
    wait_for_end(child)


@pytest.mark.parametrize("lie", ["checksum", "longer"])
def test_what_is_not_the_file_the_hub_names_is_removed_and_never_used(
    place: Place, lie: str
) -> None:
    if lie == "checksum":
        place.hub.sha256 = hashlib.sha256(b"another").hexdigest()
    else:
        place.hub.longer_by = 100_000
    assert place.fails().key == "download.wrong_file"
    assert place.parts() == []


def test_what_is_no_model_is_not_installed(place: Place) -> None:
    place.hub.content = b"<html>" * 100_000
    assert place.fails().key == "model.not_gguf"
    assert place.parts() == []


def test_another_file_than_the_one_agreed_to_is_not_fetched(place: Place) -> None:
    agreed = replace(place.pin, sha256="0" * 64)
    assert place.fails(pin=agreed).key == "download.not_as_agreed"
    assert place.hub.ranges() == []


def test_a_short_pause_is_kept_and_a_long_one_is_told(place: Place) -> None:
    place.hub.statuses = [(429, {"Retry-After": "1"})]
    place.hub.cdn_statuses = [(429, {"Retry-After": "0"})]
    heard = place.run()
    assert [each.seconds for each in heard if isinstance(each, Waiting)] == [1, 0]
    assert whole(place)


ANSWERS: dict[str, tuple[str, dict[str, Any]]] = {
    "a long pause": (
        "download.rate_limited_for",
        {"statuses": [(429, {"Retry-After": "3600"})]},
    ),
    "a pause without end": ("download.rate_limited", {"statuses": [(429, {})]}),
    "no such repository": ("download.not_found", {"repository": "Someone/Else"}),
    "no such file": ("download.not_found", {"file": "model-q8_0.gguf"}),
    "several files": ("download.several", {"files": ("other-q4_k_m.gguf",)}),
    "terms to agree to": ("download.gated", {"gated": "manual"}),
    "not without a name": (
        "download.gated",
        {"statuses": [(401, {"X-Error-Code": "GatedRepo"})]},
    ),
    "trouble": ("download.host_trouble", {"statuses": [(503, {})] * 9}),
    "a page": ("download.no_hub", {"statuses": [(200, {})]}),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_that_is_none_is_one_sentence(place: Place, answer: str) -> None:
    key, changes = ANSWERS[answer]
    asked = replace(place, waits=2).job("look")  # of the repository as it was
    for name, value in changes.items():
        setattr(place.hub, name, value)
    with Fetch(asked, place.folder / "cache") as fetch, pytest.raises(DownloadError) as caught:
        list(fetch.news())
    assert caught.value.key == key


def test_a_proxy_that_refuses_or_is_not_there_is_one_sentence(place: Place) -> None:
    place.hub.statuses = [(407, {})]
    through = replace(place, source=replace(place.source, proxy=place.hub.cdn))
    place.hub.asked.clear()
    assert through.fails("look").key == "download.proxy_refuses"
    nobody = replace(place, source=replace(place.source, proxy="http://127.0.0.1:1"))
    assert nobody.fails("look").key == "download.proxy_unreachable"


def test_a_proxy_of_the_persons_is_gone_through_and_is_in_the_ledger(place: Place) -> None:
    through = replace(place, source=replace(place.source, proxy=place.hub.cdn))
    place.hub.statuses = [(404, {})]
    through.fails("look")
    assert [path for _, path, _ in place.hub.asked] == [
        f"{place.hub.url}/api/models/{place.hub.repository}?blobs=true"
    ]
    (made,) = place.connections()
    assert f"http://{made.host}:{made.port}" == place.hub.cdn


def test_a_socks_proxy_will_do_as_well(place: Place) -> None:
    with socks_proxy() as proxy:
        through = replace(place, source=replace(place.source, proxy=proxy))
        assert through.run("look") == [Found(place.pin)]
        (made,) = place.connections()
        assert f"socks5://{made.host}:{made.port}" == proxy


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that says nothing of proxies."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.usefixtures("no_proxy")
def test_a_socks_proxy_as_a_desktop_writes_it_into_the_environment_will_do(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socks_proxy() as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.replace("socks5://", "socks://"))
        assert place.run("look") == [Found(place.pin)]
        (made,) = place.connections()
        assert f"socks5://{made.host}:{made.port}" == proxy


@pytest.mark.usefixtures("no_proxy")
@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("HTTPS_PROXY", "socks4://127.0.0.1:1080"),
        ("all_proxy", "ftp://127.0.0.1:21"),
        ("HTTP_PROXY", "http://127.0.0.1:abc"),
        ("https_proxy", "http://[::1"),
    ],
)
def test_a_proxy_of_the_environments_that_cannot_be_used_is_told_as_that(
    place: Place, monkeypatch: pytest.MonkeyPatch, name: str, address: str
) -> None:
    monkeypatch.setenv(name, address)
    assert place.fails("look").key == "download.bad_system_proxy"
    named = replace(place, source=replace(place.source, proxy=place.hub.cdn))
    place.hub.statuses = [(404, {})]
    assert named.fails("look").key == "download.not_found"  # a person's own goes before it


@pytest.mark.usefixtures("no_proxy")
@pytest.mark.parametrize("scheme", ["http", "socks"])
def test_a_proxy_of_the_environments_that_is_not_there_is_no_fault_of_the_source(
    place: Place, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", f"{scheme}://127.0.0.2:1")
    error = place.fails("look")
    assert (error.key, error.values) == ("download.proxy_unreachable", {"host": "127.0.0.2"})


@pytest.mark.parametrize("fault", ["missing", "no certificate"])
def test_certificates_that_cannot_be_read_are_told_by_their_file(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    file = tmp_path / "own.pem"
    if fault == "no certificate":
        file.write_text("nothing", encoding="ascii")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    error = place.fails("look")
    assert (error.key, error.values) == ("download.bad_certificates", {"file": str(file)})


def test_nobody_at_the_address_is_one_sentence(place: Place) -> None:
    nobody = replace(place, source=Source("http://127.0.0.1:1"))
    assert nobody.fails("look").key == "download.refused"


@ONLY_ROOT
@pytest.mark.parametrize(
    ("endpoint", "key"),
    [
        ("http://127.0.0.1:80", "download.offline"),
        ("https://no-such-host.example", "download.host_unknown"),
    ],
)
def test_no_network_and_no_such_host_are_told_apart(
    place: Place, endpoint: str, key: str, tmp_path: Path
) -> None:
    """In a network namespace of its own, where names are those of /etc/hosts alone."""
    names = tmp_path / "nsswitch"
    names.write_text("hosts: files\n", encoding="utf-8")
    job = replace(place, source=Source(endpoint)).job("look")
    inside = f'mount --bind {names} /etc/nsswitch.conf && exec "$@"'
    child = [sys.executable, "-P", "-m", "desktop_app.models.download"]
    command = ["unshare", "--net", "--mount", "sh", "-c", inside, "sh", *child]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as alone:
        assert alone.stdin is not None
        assert alone.stdout is not None
        alone.stdin.write(job.line())
        alone.stdin.flush()
        told = json.loads(alone.stdout.readline())
    assert told["key"] == key


def test_two_downloads_of_one_model_are_one(patient: Place) -> None:
    patient.hub.stall_after = [100_000]
    with patient.fetch() as fetch:
        for news in fetch.news():
            if isinstance(news, Coming) and news.done and not patient.hub.let_go.is_set():
                assert patient.fails().key == "download.already"
                patient.hub.let_go.set()
    assert whole(patient)


@ONLY_ROOT
def test_without_room_nothing_is_fetched_and_it_says_how_much_is_missing(
    place: Place, small_disk: Path
) -> None:
    there = replace(place, folder=small_disk)
    (small_disk / "models" / PARTS).mkdir(parents=True)
    room_on(small_disk, GB + 200_000)
    error = there.fails()
    assert (error.key, error.values["missing"]) == ("model.no_room", "1")
    assert place.hub.ranges() == []


@ONLY_ROOT
def test_a_disk_that_fills_up_meanwhile_keeps_what_has_come(place: Place, small_disk: Path) -> None:
    there = replace(place, folder=small_disk)
    room_on(small_disk, 2 * GB)
    place.hub.stall_after = [100_000]
    full = []
    with there.fetch() as fetch:

        def wait_with_a_full_disk() -> None:
            for news in fetch.news():
                if isinstance(news, Coming) and news.done and not full:
                    room_on(small_disk, 0)
                    full.append(news)

        with pytest.raises(ModelError) as caught:
            wait_with_a_full_disk()
    assert caught.value.key == "model.no_room"
    room_on(small_disk, 2 * GB)
    there.run()
    assert whole(there)
    assert place.hub.ranges()[-1] is not None


@pytest.mark.slow
def test_a_hub_that_sends_nothing_any_more_is_one_sentence(place: Place) -> None:
    place.hub.stall_after = [100_000, *(0 for _ in range(20))]
    assert replace(place, waits=5).fails().key == "download.stalled"
    assert len(place.parts()) == 1
