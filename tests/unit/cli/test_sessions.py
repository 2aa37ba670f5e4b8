"""`soulchat sessions`: the history without a window."""

from __future__ import annotations

import argparse
import errno
import json
import time
from datetime import datetime
from pathlib import Path

import pytest

from desktop_app.commands import sessions as commands
from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.vault.vault import open_with_passphrase
from resources.messages import sentence
from tests.support.engine_run import soulchat
from tests.support.talk_run import history
from tests.support.terminal import terminal
from tests.support.vault_fixtures import PASSPHRASE

pytestmark = pytest.mark.usefixtures("passphrase")


@pytest.fixture
def data(closed: Path) -> Path:
    """A data folder with a history: an older conversation with a title, a newer one without."""
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.sessions.add("old", Turn(Role.USER, "睡不着。"))
        reply = vault.sessions.begin_reply("old")
        vault.sessions.extend(reply, "从什么时候\n开始的？")
        vault.sessions.finish(reply, TurnState.STOPPED)
        vault.sessions.rename("old", "睡不着的夜")
        vault.sessions.add("new", Turn(Role.USER, "第一行\n  第二行\x1b[2J"))
    return closed.parent


def sessions(data: Path, *arguments: str, stdin: str = "") -> tuple[int, str, str]:
    done = soulchat("sessions", *arguments, "--data-dir", data, stdin=stdin)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_the_list_has_a_line_for_each_the_latest_first(data: Path) -> None:
    code, out, err = sessions(data, "list")

    first, second = out.splitlines()
    assert (code, err) == (0, "")
    assert first.split()[0] == "new"
    assert second.split()[0] == "old"
    assert second.endswith("  睡不着的夜")


def test_an_opening_is_shown_on_one_line_and_without_control_characters(data: Path) -> None:
    assert sessions(data, "list")[1].splitlines()[0].endswith("  第一行 第二行[2J")


def test_times_are_those_of_this_computers_clock(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    here = datetime.fromisoformat(history("--data-dir", data)[0]["updated"])
    hour = (here.hour + 8) % 24

    assert f" {hour:02}:{here.minute:02} " in sessions(data, "list")[1].splitlines()[0]


def test_as_json_the_list_is_one_object(data: Path) -> None:
    before = time.time()
    _, out, _ = sessions(data, "list", "--json")

    new, old = json.loads(out)["sessions"]
    assert (new["id"], new["title"], new["turn_count"]) == ("new", "", 1)
    assert new["opening"] == "第一行\n  第二行\x1b[2J"
    assert (old["id"], old["title"], old["opening"]) == ("old", "睡不着的夜", "睡不着。")
    assert datetime.fromisoformat(old["updated"]).timestamp() <= before
    assert old["deleted"] is None


def test_show_has_the_turns_in_order_and_marks_how_a_reply_ended(data: Path) -> None:
    code, out, err = sessions(data, "show", "old")

    _, said, blank, _, *replied = out.splitlines()
    assert (code, err) == (0, "")
    assert (said, blank) == ("你：睡不着。", "")
    assert replied == ["回复：从什么时候", "开始的？ （已停止）"]


def test_as_json_show_has_the_turns_exactly(data: Path) -> None:
    shown = json.loads(sessions(data, "show", "old", "--json")[1])

    assert shown["title"] == "睡不着的夜"
    assert [(turn["role"], turn["content"], turn["state"]) for turn in shown["turns"]] == [
        ("user", "睡不着。", "complete"),
        ("assistant", "从什么时候\n开始的？", "stopped"),
    ]


def test_rename_takes_the_title_from_standard_input(data: Path) -> None:
    assert sessions(data, "rename", "new", stdin=" 新的  标题\n别的\n")[0] == 0

    assert history("--data-dir", data)[0]["title"] == "新的 标题"


def test_an_empty_title_takes_the_old_one_away(data: Path) -> None:
    sessions(data, "rename", "old", stdin="\n")

    assert history("--data-dir", data)[1]["title"] == ""


@pytest.mark.parametrize("stdin", ["", "\udcff"], ids=["nothing", "bytes"])
def test_what_is_no_title_changes_nothing(stdin: str, data: Path) -> None:
    done = soulchat(
        *("sessions", "rename", "old", "--data-dir", data),
        stdin=stdin.encode("utf-8", "surrogateescape"),
    )

    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1
    assert history("--data-dir", data)[1]["title"] == "睡不着的夜"


def test_what_was_deleted_is_in_the_trash_and_says_how_to_come_back(data: Path) -> None:
    code, out, err = sessions(data, "delete", "old")

    assert (code, out) == (0, "")
    assert "soulchat sessions restore old" in err
    assert [each["id"] for each in history("--data-dir", data)] == ["new"]
    assert sessions(data, "list", "--trash")[1].startswith("old  ")


def test_restore_brings_it_back_as_it_was(data: Path) -> None:
    before = history("--data-dir", data)
    sessions(data, "delete", "old")
    sessions(data, "restore", "old")

    assert history("--data-dir", data) == before


def test_purge_removes_for_good_what_is_in_the_trash(data: Path) -> None:
    sessions(data, "delete", "old")
    code, _, err = sessions(data, "purge", "old", "--yes")

    assert (code, err) == (0, sentence("sessions.purged") + "\n")
    assert sessions(data, "list", "--trash") == (0, "", "“最近删除”是空的。\n")


def test_purge_says_that_a_copy_which_cannot_be_removed_still_holds_it(
    closed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unlink = Path.unlink
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.sessions.add("a", Turn(Role.USER, "一"))
        copy = vault.backups.make().files.folder
        vault.sessions.delete("a")

        def refused(path: Path, missing_ok: bool = False) -> None:
            if path.parent.name.startswith(copy.name):
                raise PermissionError(errno.EACCES, "refused", str(path))
            unlink(path, missing_ok)

        monkeypatch.setattr(Path, "unlink", refused)
        commands._remove_for_good(vault, argparse.Namespace(id="a", yes=True, set_aside=False))

    said = capsys.readouterr().err
    assert sentence("sessions.purged_not_copies", folder=closed.with_name("vault.backups")) in said
    assert sentence("sessions.purged") not in said


def test_purge_without_yes_and_without_a_terminal_removes_nothing(data: Path) -> None:
    sessions(data, "delete", "old")
    code, _, err = sessions(data, "purge", "old", stdin="yes\n")

    assert code == 1
    assert "--yes" in err
    assert sessions(data, "list", "--trash")[1].startswith("old  ")


@pytest.fixture
def aside(data: Path) -> list[Path]:
    """What a rescue and a restore left beside the history, or in its folder."""
    rescued, replaced = data / "vault" / "history.damaged-2026-08-21.db", data / "vault.damaged-1"
    rescued.write_bytes(b"damaged")
    rescued.with_name(f"{rescued.name}-wal").write_bytes(b"its log")
    replaced.mkdir()
    (replaced / "history.db").write_bytes(b"damaged")
    (replaced / "vault.json").write_bytes(b"{}")
    return [rescued, replaced]


def damaged(data: Path) -> list[Path]:
    return [path for path in data.rglob("*") if ".damaged-" in path.name]


def test_purge_names_what_was_set_aside_and_touches_none_of_it(
    data: Path, aside: list[Path]
) -> None:
    before = damaged(data)
    sessions(data, "delete", "old")
    code, _, err = sessions(data, "purge", "old", "--yes")

    assert code == 0
    assert all(str(path) in err for path in aside)
    assert "--set-aside" in err
    assert damaged(data) == before


@pytest.mark.usefixtures("aside")
def test_purge_removes_what_was_set_aside_where_that_is_wanted(data: Path) -> None:
    sessions(data, "delete", "old")
    code, _, err = sessions(data, "purge", "old", "--yes", "--set-aside")

    assert (code, damaged(data)) == (0, [])
    assert sentence("sessions.aside_removed") in err
    assert [each["id"] for each in history("--data-dir", data)] == ["new"]


@pytest.mark.usefixtures("aside")
@pytest.mark.parametrize(("typed", "left"), [("yes", 0), ("no", 3)])
def test_purge_asks_on_the_terminal_for_what_was_set_aside(
    typed: str, left: int, data: Path
) -> None:
    sessions(data, "delete", "old")
    with terminal("sessions", "purge", "old", "--data-dir", data) as (process, screen):
        screen.wait_for("yes")
        screen.type("yes\n")
        screen.wait_for("找不回")
        screen.type(f"{typed}\n")
        process.communicate(timeout=60)

    assert process.returncode == 0
    assert len(damaged(data)) == left


@pytest.mark.parametrize(("typed", "left"), [("yes", 0), ("no", 1), ("\x04", 1)], ids=repr)
def test_purge_asks_on_the_terminal(typed: str, left: int, data: Path) -> None:
    sessions(data, "delete", "old")
    with terminal("sessions", "purge", "old", "--data-dir", data) as (process, screen):
        screen.wait_for("yes")
        screen.type(f"{typed}\n")
        process.communicate(timeout=60)

    assert process.returncode == 0
    assert len(sessions(data, "list", "--trash")[1].splitlines()) == left


@pytest.mark.usefixtures("aside")
def test_where_there_is_a_trash_delete_refuses_to_remove_what_was_set_aside(data: Path) -> None:
    before = damaged(data)
    code, out, err = sessions(data, "delete", "old", "--set-aside")

    values = {"option": "--set-aside", "id": "old"}
    assert (code, out, err) == (
        1,
        "",
        sentence("error.input.set_aside_with_trash", **values) + "\n",
    )
    assert [each["id"] for each in history("--data-dir", data)] == ["new", "old"]
    assert damaged(data) == before


@pytest.fixture
def trash_off(data: Path) -> None:
    """Whoever it is wants nothing of the deleted to be kept."""
    with open_with_passphrase(data / "vault", PASSPHRASE) as vault:
        vault.trash.keep(False)


@pytest.mark.usefixtures("trash_off")
def test_without_a_trash_delete_says_that_it_is_for_good_before_it_does_anything(
    data: Path,
) -> None:
    code, out, err = sessions(data, "delete", "old", stdin="yes\n")

    refused = sentence("error.input.delete_not_confirmed", option="--yes")
    assert (code, out, err) == (1, "", refused + "\n")
    assert [each["id"] for each in history("--data-dir", data)] == ["new", "old"]


@pytest.mark.usefixtures("trash_off")
def test_without_a_trash_delete_with_yes_removes_for_good_and_offers_no_way_back(
    data: Path,
) -> None:
    code, _, err = sessions(data, "delete", "old", "--yes")

    assert (code, err) == (0, sentence("sessions.purged") + "\n")
    assert [each["id"] for each in history("--data-dir", data)] == ["new"]
    assert sessions(data, "restore", "old")[0] == 1


@pytest.mark.usefixtures("trash_off")
@pytest.mark.parametrize(("typed", "left"), [("yes", ["new"]), ("no", ["new", "old"])])
def test_without_a_trash_delete_asks_on_the_terminal(
    typed: str, left: list[str], data: Path
) -> None:
    with terminal("sessions", "delete", "old", "--data-dir", data) as (process, screen):
        screen.wait_for("yes")
        screen.type(f"{typed}\n")
        process.communicate(timeout=60)

    assert process.returncode == 0
    assert [each["id"] for each in history("--data-dir", data)] == left


@pytest.mark.usefixtures("trash_off")
def test_without_a_trash_nobody_is_asked_about_what_is_not_there(data: Path) -> None:
    """Without a terminal the question would be refused before that is known."""
    refused = sentence("error.vault.session_missing")
    assert sessions(data, "delete", "nobody") == (1, "", refused + "\n")


def test_the_help_of_delete_says_that_without_a_trash_it_is_for_good(data: Path) -> None:
    for language, says in (("zh", "直接彻底删除"), ("en", "remove it for good")):
        _, out, _ = sessions(data, "--help", "--lang", language)
        assert says in " ".join(out.split())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("show", "nobody"), "没有找到"),
        (("delete", "nobody"), "没有找到"),
        (("rename", "nobody"), "没有找到"),
        (("restore", "old"), "不在“最近删除”"),
        (("purge", "old", "--yes"), "不在“最近删除”"),
        (("purge", "old"), "不在“最近删除”"),
    ],
    ids=" ".join,
)
def test_a_conversation_that_is_not_there_is_one_sentence(
    arguments: tuple[str, ...], says: str, data: Path
) -> None:
    before = history("--data-dir", data)
    code, out, err = sessions(data, *arguments, stdin="标题\n")

    assert (code, out) == (1, "")
    assert says in err
    assert err.count("\n") == 1
    assert history("--data-dir", data) == before


def test_where_nothing_was_ever_kept_nothing_is_made(tmp_path: Path) -> None:
    code, _, err = sessions(tmp_path / "new", "list")

    assert code == 1
    assert "还没有" in err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("arguments", [[], ["show"], ["purge"], ["list", "old"]], ids=" ".join)
def test_wrong_usage_is_status_2(arguments: list[str], tmp_path: Path) -> None:
    assert sessions(tmp_path, *arguments)[0] == 2
