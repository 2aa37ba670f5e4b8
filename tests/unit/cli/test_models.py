"""`soulchat models`: the whole of it in the terminal, and who opens an internet socket."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.settings import Settings, write
from tests.support.engine_run import CLI, soulchat
from tests.support.engine_tiny import write_tiny_model
from tests.support.fake_hub import REVISION, Hub, serving

SMALL = "qwen2.5-0.5b-instruct"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """A hub that has the smallest model of the catalogue, by name."""
    content = write_tiny_model(tmp_path / "published").read_bytes()
    file = "qwen2.5-0.5b-instruct-q4_k_m.gguf"
    repository = "Qwen/Qwen2.5-0.5B-Instruct-GGUF"
    with serving(Hub(content, file=file, repository=repository)) as made:
        yield made


def run(folder: Path, *arguments: str | Path) -> str:
    done = soulchat("--data-dir", folder, "--lang", "en", "models", *arguments)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def fails(folder: Path, *arguments: str | Path) -> str:
    done = soulchat("--data-dir", folder, "--lang", "en", "models", *arguments)
    assert done.returncode == 1, done.stderr.decode()
    return done.stderr.decode()


def test_a_version_nobody_noted_is_shown_and_wants_a_yes(hub: Hub, tmp_path: Path) -> None:
    told = fails(tmp_path, "get", SMALL, "--endpoint", hub.url)
    assert REVISION in told
    assert hub.true_sha256 in told
    assert "--yes" in told
    assert hub.ranges() == []
    assert not (tmp_path / "models" / SMALL).exists()


def test_get_list_verify_and_remove(hub: Hub, tmp_path: Path) -> None:
    config = tmp_path / "config" / "settings.json"
    write(config, Settings(model=SMALL, hub=hub.url))
    assert SMALL in run(tmp_path, "get", SMALL, "--yes")
    listed = json.loads(run(tmp_path, "list", "--json"))
    (here,) = [each for each in listed["installed"] if each["id"] == SMALL]
    assert (here["sha256"], here["revision"]) == (hub.true_sha256, REVISION)
    assert (here["licence"], here["in_use"]) == ("Apache-2.0", True)
    assert json.loads(run(tmp_path, "verify", "--json"))[SMALL] == "whole"
    assert SMALL in fails(tmp_path, "get", SMALL, "--yes")  # it is here

    model = tmp_path / "models" / SMALL / "model.gguf"
    damaged = bytearray(model.read_bytes())
    damaged[-100] ^= 1
    model.write_bytes(damaged)
    assert "SHA-256" in fails(tmp_path, "verify", SMALL)

    run(tmp_path, "remove", SMALL)
    assert not model.parent.exists()
    assert json.loads(config.read_text(encoding="utf-8"))["model"] is None
    made = json.loads(run(tmp_path, "connections", "--json"))["connections"]
    assert {(each["reason"], each["repository"]) for each in made} == {
        ("look", hub.repository),
        ("get", hub.repository),
    }


def test_a_model_whose_manifest_is_damaged_is_seen_and_can_be_mended_or_removed(
    tmp_path: Path,
) -> None:
    own = write_tiny_model(tmp_path / "own")
    (own.parent / "model.json").unlink()
    run(tmp_path, "add", own)
    manifest = tmp_path / "models" / "tiny" / "model.json"
    manifest.write_bytes(manifest.read_bytes()[:-40])

    assert "tiny/model.json" in run(tmp_path, "list")
    (damaged,) = json.loads(run(tmp_path, "list", "--json"))["damaged"]
    assert (damaged["id"], damaged["error"]) == ("tiny", "model.manifest_broken")
    assert damaged["bytes"] > own.stat().st_size
    for named in ((), ("tiny",)):
        assert "tiny/model.json" in fails(tmp_path, "verify", *named)

    run(tmp_path, "add", own)
    assert json.loads(run(tmp_path, "verify", "tiny", "--json")) == {"tiny": "whole"}
    manifest.write_text("", encoding="utf-8")
    run(tmp_path, "remove", "tiny")
    assert not manifest.parent.exists()


def test_what_was_pinned_needs_no_yes_and_nothing_else_is_taken_for_it(
    hub: Hub, tmp_path: Path
) -> None:
    told = run(tmp_path, "pin", SMALL, "--endpoint", hub.url)
    assert REVISION in told
    assert hub.true_sha256 in told
    pins = json.loads((tmp_path / "models" / "pins.json").read_text(encoding="utf-8"))
    assert pins[SMALL]["sha256"] == hub.true_sha256
    honest, hub.sha256 = hub.true_sha256, "0" * 64
    assert "another file" in fails(tmp_path, "get", SMALL, "--endpoint", hub.url)
    hub.sha256 = honest
    run(tmp_path, "get", SMALL, "--endpoint", hub.url)
    assert (tmp_path / "models" / SMALL / "model.gguf").read_bytes() == hub.content


def test_recommend_names_one_and_says_why_in_both_languages(tmp_path: Path) -> None:
    data = ("--data-dir", tmp_path)
    asked = [*map(str, data), "models", "recommend", "--json"]
    found = {lang: json.loads(soulchat("--lang", lang, *asked).stdout) for lang in ("zh", "en")}
    known = {each["id"] for each in json.loads(run(tmp_path, "list", "--json"))["catalogue"]}
    for each in found.values():
        assert each["recommended"] in {None, *known}
        assert len(each["reason"]) > 20
    assert found["zh"]["reason"] != found["en"]["reason"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("get", "nothing"), SMALL),
        (("get", SMALL, "--endpoint", "http://example.org"), "https://"),
        (("get", SMALL, "--proxy", "http://me:secret@127.0.0.1:1"), "password"),
        (("remove", "soulchat-mini"), "comes with the app"),
        (("remove", "../vault"), "vault"),
        (("remove", ""), "No model"),
        (("add", "~nobody-of-that-name/m.gguf"), "m.gguf"),
        (("verify", "nothing"), "nothing"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_cannot_be_done_is_one_sentence(
    arguments: tuple[str, ...], word: str, tmp_path: Path
) -> None:
    told = fails(tmp_path, *arguments)
    assert word in told
    assert "secret" not in told
    assert told.count("\n") == 1


def test_the_process_that_downloads_alone_opens_internet_sockets(hub: Hub, tmp_path: Path) -> None:
    """All system calls of the network, and of starting a program, are written down."""
    log = tmp_path / "calls"
    trace = ["strace", "--follow-forks", "--trace=network,execve", f"--output={log}"]
    command = [*CLI, "--data-dir", str(tmp_path), "models", "get", SMALL]
    command += ["--yes", "--endpoint", hub.url]
    subprocess.run([*trace, *command], check=True, capture_output=True)
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    downloads = {
        line.split()[0]
        for line in lines
        if "execve(" in line and "desktop_app.models.download" in line
    }
    connects = {line.split()[0] for line in lines if re.search(r"socket\(AF_INET6?,", line)}
    assert len(downloads) == 2  # one looks it up, one gets it
    assert connects == downloads
    # and each connection is in the ledger
    ports = set(re.findall(r"connect\(.*sin_port=htons\((\d+)\)", "\n".join(lines)))
    made = json.loads(run(tmp_path, "connections", "--json"))["connections"]
    assert {str(each["port"]) for each in made} == ports


def test_the_child_sees_no_more_of_the_environment_than_it_needs(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_mine")
    monkeypatch.setenv("SOULCHAT_PASSPHRASE", "not for others")
    log = tmp_path / "calls"
    trace = ["strace", "--follow-forks", "--trace=execve", "--no-abbrev", "-s", "9999"]
    command = [*CLI, "--data-dir", str(tmp_path), "models", "pin", SMALL, "--endpoint", hub.url]
    done = subprocess.run([*trace, f"--output={log}", *command], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    (started,) = [
        line
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines()
        if "desktop_app.models.download" in line
    ]
    assert "HF_HUB_DISABLE_TELEMETRY=1" in started
    assert f"HF_HOME={tmp_path / 'cache' / 'hub'}" in started
    for word in ("hf_mine", "not for others", "XDG_", '"HOME='):
        assert word not in started
