"""A new file is whole or not there, and nothing of it stays behind whatever ends its writer."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from desktop_app import new_file as module
from desktop_app.new_file import new_file
from tests.support.source_tree import ROOT

WORDS = b"plain text"
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="no files without a name")


@pytest.fixture(params=["nameless", "named", "link refused"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What disk it is: one of Linux's own, a stick, or one that knows such files and no links."""

    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "no links")

    kind = str(request.param)
    if kind == "named":
        monkeypatch.setattr(module, "NAMELESS", 0)
    if kind != "nameless":
        monkeypatch.setattr(os, "link", refused)
    return kind


@pytest.mark.usefixtures("kind")
def test_it_is_there_and_its_owners_alone(tmp_path: Path) -> None:
    with new_file(tmp_path / "e") as file:
        file.write(WORDS)

    assert (tmp_path / "e").read_bytes() == WORDS
    assert (tmp_path / "e").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["e"]


@pytest.mark.usefixtures("kind")
def test_a_file_of_that_name_made_meanwhile_stays(tmp_path: Path) -> None:
    def meanwhile() -> None:
        (tmp_path / "e").write_bytes(b"mine")

    with pytest.raises(FileExistsError), new_file(tmp_path / "e", meanwhile) as file:
        file.write(WORDS)

    assert (tmp_path / "e").read_bytes() == b"mine"
    assert [path.name for path in tmp_path.iterdir()] == ["e"]


@pytest.mark.usefixtures("kind")
def test_what_is_given_up_at_last_is_not_there(tmp_path: Path) -> None:
    def given_up() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError), new_file(tmp_path / "e", given_up) as file:
        file.write(WORDS)

    assert list(tmp_path.iterdir()) == []


@contextmanager
def writer(path: Path, kind: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the program that waits for its disk for ever, until all is written."""
    command = [sys.executable, "-m", "tests.support.stuck_file", str(path), kind]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        # Under a name it would be seen here, so that the tests below say something.
        assert int(process.stdout.readline()) == (1 if kind == "named" else 0)
        yield process


@pytest.mark.parametrize("kind", [pytest.param("nameless", marks=ON_LINUX), "named"])
def test_quitting_while_a_slow_disk_takes_it_leaves_nothing(tmp_path: Path, kind: str) -> None:
    with writer(tmp_path / "e", kind) as process:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(60) == 0

    assert list(tmp_path.iterdir()) == []


@ON_LINUX
def test_a_kill_while_it_is_written_leaves_nothing(tmp_path: Path) -> None:
    with writer(tmp_path / "e", "nameless") as process:
        process.kill()

    assert list(tmp_path.iterdir()) == []


def test_what_a_kill_leaves_under_a_name_goes_with_the_next_file_of_that_name(
    tmp_path: Path,
) -> None:
    with writer(tmp_path / "e", "named") as process:
        process.kill()
    assert [path.suffix for path in tmp_path.iterdir()] == [".soulchat-part"]

    with new_file(tmp_path / "e") as file:
        file.write(WORDS)

    assert [path.name for path in tmp_path.iterdir()] == ["e"]


@pytest.mark.usefixtures("kind")
def test_one_that_is_there_is_replaced_where_that_was_said(tmp_path: Path) -> None:
    (tmp_path / "e").write_bytes(b"before")
    (tmp_path / "e.part").write_bytes(b"mine")

    with new_file(tmp_path / "e", replaces=True) as file:
        file.write(WORDS)
        assert (tmp_path / "e").read_bytes() == b"before"

    assert (tmp_path / "e").read_bytes() == WORDS
    assert (tmp_path / "e").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["e", "e.part"]


@pytest.mark.usefixtures("kind")
def test_one_that_was_to_be_replaced_stands_after_an_error(tmp_path: Path) -> None:
    (tmp_path / "e").mkdir()  # which no file replaces

    with pytest.raises(OSError, match="directory"), new_file(tmp_path / "e", replaces=True) as file:
        file.write(WORDS)

    assert [path.name for path in tmp_path.iterdir()] == ["e"]
    assert (tmp_path / "e").is_dir()


@ON_LINUX
def test_one_that_replaces_nothing_has_no_name_before_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill between two names would leave all of it under the hidden one."""
    names: list[Path] = []
    link = os.link

    def noted(source: str, name: Path, **how: Any) -> None:
        names.append(name)
        link(source, name, **how)

    monkeypatch.setattr(os, "link", noted)
    with new_file(tmp_path / "e", replaces=True) as file:
        file.write(WORDS)

    assert names == [tmp_path / "e"]
    assert (tmp_path / "e").read_bytes() == WORDS
    assert [path.name for path in tmp_path.iterdir()] == ["e"]


@pytest.mark.usefixtures("kind")
def test_one_that_was_to_replace_a_file_takes_its_name_where_that_has_gone(tmp_path: Path) -> None:
    (tmp_path / "e").write_bytes(b"before")

    with new_file(tmp_path / "e", (tmp_path / "e").unlink, replaces=True) as file:
        file.write(WORDS)

    assert (tmp_path / "e").read_bytes() == WORDS
    assert [path.name for path in tmp_path.iterdir()] == ["e"]
