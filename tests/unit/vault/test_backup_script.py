"""docs/open_backup.py opens a backup on its own, with its two packages and nothing else."""

from __future__ import annotations

import json
import re
import runpy
import shutil
import subprocess
import venv
import zipfile
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest

from desktop_app.care.safety_plan import SafetyPlan, from_json
from desktop_app.dialogue import Role, Turn
from desktop_app.vault.backup_file import write_backup
from desktop_app.vault.records import Draft
from desktop_app.vault.recovery_code import RecoveryCode
from desktop_app.vault.vault import Vault
from tests.support.source_tree import ROOT
from tests.support.vault_disk import MARKER, traces
from tests.support.vault_fixtures import PASSPHRASE

CODE = RecoveryCode("0123456789ABCDEF" * 2)
PAGE = 4096
PACKAGES = ("apsw-sqlite3mc", "cryptography")


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has the two packages, what they need themselves, and nothing of ours."""
    folder = tmp_path_factory.mktemp("python")
    venv.create(folder, symlinks=True)
    (into,) = folder.glob("lib/python*/site-packages")
    for name in needed(*PACKAGES):
        for file in distribution(name).files or ():
            if ".." not in file.parts:  # a command's
                (into / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(Path(str(file.locate())), into / file)
    return folder / "bin" / "python"


def needed(*names: str) -> set[str]:
    """Return packages and all they require here."""
    found: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            requires = distribution(name).requires or ()
            always = (each for each in requires if "extra ==" not in each)
            here = (each for each in always if "python_full_version < '3.11'" not in each)
            left += [re.match(r"[\w.-]+", each)[0] for each in here]  # type: ignore[index]
    return found


@pytest.fixture
def backup(vault: Vault, tmp_path: Path) -> Path:
    """A backup with two versions of one message, opened by a passphrase and a code."""
    vault.keys.set_recovery(CODE)
    message = vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.sessions.edit("a", message, MARKER)
    vault.sessions.rename("a", "标题")
    write_backup(vault, tmp_path / "b")
    return tmp_path / "b"


def opened(
    python: Path, backup: Path, secret: str, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run the script from a folder of its own."""
    alone = backup.parent / "alone"
    alone.mkdir()
    script = shutil.copy(ROOT / "docs" / "open_backup.py", alone)
    return subprocess.run(
        [python, script, backup],
        input=f"{secret}\n".encode(),
        capture_output=True,
        check=False,
        cwd=alone,
        env={"TMPDIR": str(alone), **environment},
    )


def texts(done: subprocess.CompletedProcess[bytes]) -> list[str]:
    found: list[dict[str, Any]] = json.loads(done.stdout)["conversations"]
    return [turn["content"] for session in found for turn in session["turns"]]


def rewritten(path: Path, /, **members: bytes) -> None:
    """Write a backup again with other content; the parts it has are named without their endings."""
    with zipfile.ZipFile(path) as archive:
        content = {each.filename: archive.read(each) for each in archive.infolist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, packed in content.items():
            archive.writestr(name, members.get(name.partition(".")[0], packed))


def test_it_has_nothing_of_ours_to_open_it_with(python: Path) -> None:
    for name in ("desktop_app", "keyring", "numpy"):
        command = [python, "-c", f"import {name}"]
        done = subprocess.run(command, capture_output=True, check=False, cwd=python.parent)
        assert b"ModuleNotFoundError" in done.stderr


@pytest.mark.parametrize("secret", [PASSPHRASE, CODE.text(), CODE.text().lower().replace("0", "o")])
def test_it_prints_every_conversation_with_its_versions(
    python: Path, backup: Path, secret: str
) -> None:
    done = opened(python, backup, secret)

    (session,) = json.loads(done.stdout)["conversations"]
    assert session["title"] == "标题"
    assert [(t["role"], t["content"], t["chosen"]) for t in session["turns"]] == [
        ("user", "一", 0),
        ("user", MARKER, 1),
    ]
    assert (done.returncode, done.stderr) == (0, b"")


def test_it_prints_the_safety_plan_and_what_was_not_sent(
    python: Path, vault: Vault, tmp_path: Path
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.sessions.drafts.keep({"a": Draft("没发出去", shown=True)})
    plan = SafetyPlan(signs="整夜睡不着")
    vault.documents.write("safety_plan", plan.as_json())
    write_backup(vault, tmp_path / "b")

    done = opened(python, tmp_path / "b", PASSPHRASE)

    assert (done.returncode, done.stderr) == (0, b"")
    documents = json.loads(done.stdout)["documents"]
    assert from_json(json.dumps(documents["safety_plan"])) == plan
    assert documents["local.draft.a"]["text"] == "没发出去"


def test_it_prints_what_no_code_page_of_a_country_has(python: Path, backup: Path) -> None:
    """As on a Windows that is neither Chinese nor set to UTF-8."""
    done = opened(python, backup, PASSPHRASE, PYTHONIOENCODING="cp1252")

    assert texts(done) == ["一", MARKER]


def test_it_leaves_nothing_behind(python: Path, backup: Path) -> None:
    opened(python, backup, PASSPHRASE)

    assert [path.name for path in (backup.parent / "alone").iterdir()] == ["open_backup.py"]
    assert traces(backup.parent) == []


def test_a_wrong_secret_opens_nothing(python: Path, backup: Path) -> None:
    done = opened(python, backup, "wrong passphrase")

    assert (done.returncode, done.stdout) == (1, b"")


def test_the_folder_of_a_copy_opens_too(python: Path, vault: Vault, tmp_path: Path) -> None:
    vault.sessions.add("a", Turn(Role.USER, MARKER))
    copy = vault.backups.make().files.folder
    shutil.copytree(copy, tmp_path / "copy")

    assert texts(opened(python, tmp_path / "copy", PASSPHRASE)) == [MARKER]


def test_a_damaged_page_takes_along_what_stands_on_it_and_no_more(
    python: Path, vault: Vault, tmp_path: Path
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "前"))
    ((before,),) = vault.database.rows("PRAGMA page_count")
    vault.sessions.add("a", Turn(Role.USER, "长" * 100_000))  # on many pages of its own
    ((after,),) = vault.database.rows("PRAGMA page_count")
    vault.sessions.add("a", Turn(Role.USER, "后"))
    write_backup(vault, tmp_path / "b")
    with zipfile.ZipFile(tmp_path / "b") as archive:
        begins = archive.read("history.db")[:64]
    content = bytearray((tmp_path / "b").read_bytes())
    content[content.index(begins) + (after - (after - before) // 4) * PAGE + 100] ^= 1
    (tmp_path / "b").write_bytes(content)

    done = opened(python, tmp_path / "b", PASSPHRASE)

    assert texts(done) == ["前", "后"]
    assert done.returncode == 1
    assert "Texts that cannot be read: 1." in done.stderr.decode()


def test_a_history_that_is_not_the_one_it_was_is_said(
    python: Path, vault: Vault, backup: Path, tmp_path: Path
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "二"))
    write_backup(vault, tmp_path / "later")
    with zipfile.ZipFile(tmp_path / "later") as archive:
        rewritten(backup, history=archive.read("history.db"))

    done = opened(python, backup, PASSPHRASE)

    assert (done.returncode, texts(done)) == (1, ["一", MARKER, "二"])
    assert "damaged" in done.stderr.decode()


@pytest.mark.parametrize("part", ["backup", "vault"])
def test_a_later_format_is_one_sentence(python: Path, backup: Path, part: str) -> None:
    with zipfile.ZipFile(backup) as archive:
        plain = json.loads(archive.read(f"{part}.json"))
    rewritten(backup, **{part: json.dumps(plain | {"format": 2}).encode()})

    done = opened(python, backup, PASSPHRASE)

    assert (done.returncode, done.stdout) == (1, b"")
    assert "later version" in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_the_log_of_a_history_that_was_never_closed_is_read_along(
    vault: Vault, tmp_path: Path, python: Path
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.database.checkpoint()
    vault.sessions.add("a", Turn(Role.USER, "二"))
    aside = tmp_path / "vault.damaged-1"
    shutil.copytree(vault.files.folder, aside)

    assert texts(opened(python, aside, PASSPHRASE)) == ["一", "二"]


def test_a_changed_byte_around_the_history_is_one_sentence(
    backup: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In this process, and without the slow key: it is what comes before that is looked at."""
    script = runpy.run_path(str(ROOT / "docs" / "open_backup.py"))
    for name, does in {"asked": str, "data_key": lambda *_: None}.items():
        monkeypatch.setitem(script["main"].__globals__, name, does)
    with zipfile.ZipFile(backup) as archive:
        history = archive.read("history.db")
    whole = backup.read_bytes()
    begins = whole.index(history[:64])

    for place in (*range(begins), *range(begins + len(history), len(whole))):
        for change in (0x01, 0x80, 0xFF):
            content = bytearray(whole)
            content[place] ^= change
            backup.write_bytes(content)
            assert script["main"](str(backup)) == 1
            assert capsys.readouterr().err.count("\n") == 1


def test_without_a_backup_it_says_how_it_is_used(python: Path) -> None:
    script = ROOT / "docs" / "open_backup.py"
    done = subprocess.run([python, script], capture_output=True, check=False, cwd=python.parent)

    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"Usage: python open_backup.py BACKUP > history.json\n"
