"""A history with times at the end of the calendar, wherever on Earth it is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from desktop_app.vault.vault import open_with_passphrase
from resources.messages import sentence
from tests.support.engine_run import soulchat
from tests.support.far_times import ZONES, at_the_end_of_the_calendar
from tests.support.vault_fixtures import PASSPHRASE

pytestmark = [pytest.mark.usefixtures("passphrase"), pytest.mark.parametrize("zone", ZONES)]


@pytest.fixture
def data(closed: Path) -> Path:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        for session in ("far", "thrown"):
            at_the_end_of_the_calendar(vault, session)
        vault.sessions.delete("thrown")
        vault.database.rows("UPDATE session SET deleted = (SELECT max(created) FROM turn)")
        vault.sessions.restore("far")
    return closed.parent


def run(data: Path, zone: str, *arguments: str | Path, stdin: str = "") -> str:
    done = soulchat(*arguments, "--data-dir", data, stdin=stdin, TZ=zone)
    assert (done.returncode, done.stderr.decode()) == (0, "")
    return done.stdout.decode()


@pytest.mark.parametrize("trash", [[], ["--trash"]])
def test_the_lists_show_it(data: Path, zone: str, trash: list[str]) -> None:
    assert "9999-12-31 " in run(data, zone, "sessions", "list", *trash)


def test_it_is_shown(data: Path, zone: str) -> None:
    assert run(data, zone, "sessions", "show", "far").count("9999-12-31 ") == 2


def test_it_is_found(data: Path, zone: str) -> None:
    assert "9999-12-31" in run(data, zone, "sessions", "search", stdin="萤火虫")


@pytest.mark.parametrize("form", ["md", "html", "pdf", "json"])
def test_it_is_exported(data: Path, zone: str, tmp_path: Path, form: str) -> None:
    out = tmp_path / f"e.{form}"
    arguments = ("sessions", "export", "far", "--form", form, "--out", out, "--data-dir", data)

    assert soulchat(*arguments, TZ=zone).returncode == 0

    content = out.read_bytes()
    assert {"pdf": b"%PDF-", "json": b"253402300799999"}.get(form, b"9999-12-31 ") in content


def test_a_backup_that_has_it_says_so_and_comes_back(data: Path, zone: str, tmp_path: Path) -> None:
    backup, empty = tmp_path / "b", tmp_path / "empty"
    assert soulchat("vault", "backup", backup, "--data-dir", data, TZ=zone).returncode == 0

    done = soulchat("vault", "restore", backup, "--yes", "--data-dir", empty, TZ=zone)

    assert done.returncode == 0
    held = sentence("backup.preview", sessions=2, turns=4, first="9999-12-31", last="9999-12-31")
    assert held in done.stdout.decode() + done.stderr.decode()
    listed = json.loads(run(empty, zone, "sessions", "list", "--json"))
    assert [each["id"] for each in listed["sessions"]] == ["far"]
