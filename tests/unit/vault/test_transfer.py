"""Conversations out into a plain file and in from one, every byte of the text kept."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.vault.bringing_in import bring_in
from desktop_app.vault.carried import CarriedSession, CarriedTurn, carried_sessions
from desktop_app.vault.copies import safety_copies_in
from desktop_app.vault.database import Database
from desktop_app.vault.errors import DiskFullError, TransferError
from desktop_app.vault.export import Form, exported, write_export
from desktop_app.vault.import_file import read_conversations
from desktop_app.vault.lost import note_lost
from desktop_app.vault.merge import gain, merge
from desktop_app.vault.records import title_of
from desktop_app.vault.vault import Vault, open_with_passphrase
from resources.messages import sentence
from tests.support.vault_fixtures import PASSPHRASE

NASTY = "<script>alert('&')</script>\n# no heading\n* no list\n😀 \\ \"quoted\""
NOW = 1_700_000_000_000


@pytest.fixture
def told(vault: Vault) -> Vault:
    """A history with a conversation in two versions, and one in the trash."""
    message = vault.sessions.add("a", Turn(Role.USER, "第一版"))
    vault.sessions.edit("a", message, NASTY)
    reply = vault.sessions.begin_reply("a")
    vault.sessions.extend(reply, "**回复**")
    vault.sessions.finish(reply, TurnState.STOPPED)
    vault.sessions.rename("a", "标题 <b>")
    vault.sessions.add("gone", Turn(Role.USER, "删掉的"))
    vault.sessions.delete("gone")
    return vault


def as_form(vault: Vault, form: Form) -> str:
    return exported(tuple(carried_sessions(vault.database)), form)


def imported(vault: Vault, path: Path) -> None:
    merge(vault.database, read_conversations(path).sessions, NOW)


def said_in(vault: Vault, session: str) -> list[tuple[Role, str]]:
    return [(turn.turn.role, turn.turn.content) for turn in vault.sessions.turns(session)]


def test_what_is_in_the_trash_is_not_exported(told: Vault) -> None:
    assert all("删掉的" not in as_form(told, form) for form in Form)


@pytest.mark.parametrize("form", Form)
def test_a_file_says_that_it_is_not_encrypted(told: Vault, form: Form) -> None:
    assert "没有加密" in as_form(told, form)


def test_html_shows_what_was_written_and_runs_none_of_it(told: Vault) -> None:
    page = as_form(told, Form.HTML)

    assert "<script" not in page
    assert "&lt;script&gt;alert(&#x27;&amp;&#x27;)&lt;/script&gt;" in page
    assert "标题 &lt;b&gt;" in page
    assert "已停止" in page
    assert "第一版" not in page


def test_markdown_keeps_a_persons_signs_from_becoming_headings(told: Vault) -> None:
    text = as_form(told, Form.MD)

    assert "\n\\# no heading" in text
    assert "\n\\* no list" in text
    assert "**回复**" in text


def test_json_comes_back_as_it_was_with_its_versions(
    told: Vault, tmp_path: Path, made: tuple[Path, bytes]
) -> None:
    write_export(tmp_path / "e.json", as_form(told, Form.JSON).encode())

    shutil.copytree(made[0], tmp_path / "other")
    with open_with_passphrase(tmp_path / "other", PASSPHRASE) as other:
        imported(other, tmp_path / "e.json")
        imported(other, tmp_path / "e.json")
        assert said_in(other, "a") == said_in(told, "a")
        turns, originals = other.sessions.turns("a"), told.sessions.turns("a")
        assert [(t.state, t.created) for t in turns] == [(t.state, t.created) for t in originals]
        assert len(turns[0].versions) == 2
        assert other.sessions.kept()[0].title == "标题 <b>"


def own_json(vault: Vault, **changed: object) -> str:
    """An export of ours, every turn of it changed so."""
    plain = json.loads(as_form(vault, Form.JSON))
    for session in plain["sessions"]:
        session["turns"] = [turn | changed for turn in session["turns"]]
    return json.dumps(plain)


def test_our_json_with_what_no_history_holds_is_refused(told: Vault, tmp_path: Path) -> None:
    (tmp_path / "e.json").write_text(own_json(told, role="system"))

    with pytest.raises(TransferError):
        read_conversations(tmp_path / "e.json")


def test_an_export_is_its_owners_alone_and_overwrites_nothing(tmp_path: Path) -> None:
    write_export(tmp_path / "e", b"one")
    with pytest.raises(TransferError, match="已经有了"):
        write_export(tmp_path / "e", b"two")

    assert (tmp_path / "e").read_bytes() == b"one"
    assert (tmp_path / "e").stat().st_mode & 0o777 == 0o600


def chatgpt(*nodes: tuple[str, str | None, str, str], current: str) -> list[dict[str, Any]]:
    """An export of ChatGPT: nodes are id, parent, role, text; the root has no message."""
    mapping: dict[str, Any] = {"root": {"message": None, "parent": None, "children": []}}
    for number, (name, parent, role, text) in enumerate(nodes):
        message = {
            "author": {"role": role},
            "create_time": NOW / 1000 + number,
            "content": {"content_type": "text", "parts": [text]},
            "recipient": "all",
        }
        above = parent or "root"
        mapping[name] = {"message": message, "parent": above, "children": []}
        mapping[above]["children"].append(name)
    return [
        {
            "title": "夜里",
            "create_time": NOW / 1000,
            "conversation_id": "c-1",
            "current_node": current,
            "mapping": mapping,
        }
    ]


def test_chatgpts_export_comes_with_its_branches(vault: Vault, tmp_path: Path) -> None:
    plain = chatgpt(
        ("s", None, "system", "You are"),
        ("u1", "s", "user", "睡不着"),
        ("a1", "u1", "assistant", "第一种回复"),
        ("a2", "u1", "assistant", "第二种回复"),
        ("t", "a2", "tool", "{}"),
        ("u2", "t", "user", "谢谢"),
        current="u2",
    )
    (tmp_path / "conversations.json").write_text(json.dumps(plain))

    imported(vault, tmp_path / "conversations.json")

    (session,) = vault.sessions.kept()
    assert session.title == "夜里"
    assert said_in(vault, session.id) == [
        (Role.USER, "睡不着"),
        (Role.ASSISTANT, "第二种回复"),
        (Role.USER, "谢谢"),
    ]
    reply = vault.sessions.turns(session.id)[1]
    assert (reply.version, len(reply.versions)) == (2, 2)


@pytest.fixture
def one_line(tmp_path: Path) -> Path:
    """A corpus of one message."""
    path = tmp_path / "corpus.jsonl"
    line = {"id": "d1", "messages": [{"role": "user", "content": "睡不着"}]}
    path.write_text(json.dumps(line, ensure_ascii=False))
    return path


def test_a_copy_is_made_before_a_file_comes_in(vault: Vault, one_line: Path) -> None:
    vault.sessions.add("before", Turn(Role.USER, "以前的"))

    assert bring_in(vault, read_conversations(one_line)).new_sessions == 1

    (copy,) = safety_copies_in(vault.files.backups)
    with Database(copy.files.history, vault.keys.dek) as database:
        assert database.rows("SELECT id FROM session") == [("before",)]


def test_where_nothing_comes_in_the_copy_of_before_stands(vault: Vault, one_line: Path) -> None:
    bring_in(vault, read_conversations(one_line))
    before = safety_copies_in(vault.files.backups)

    assert not bring_in(vault, read_conversations(one_line))
    assert safety_copies_in(vault.files.backups) == before


def test_nothing_comes_in_where_the_copy_cannot_be_made(
    vault: Vault, one_line: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise DiskFullError("vault.disk_full", folder=tmp_path)

    monkeypatch.setattr(vault.backups, "make_safety_copy", full)

    with pytest.raises(DiskFullError):
        bring_in(vault, read_conversations(one_line))
    assert vault.sessions.kept() == ()


def named(title: str) -> CarriedSession:
    """A conversation about to come in."""
    return CarriedSession("a", (CarriedTurn(Role.USER, "睡不着。", created=NOW),), title)


LONG = "一个 很长的\n标题" * 100


def test_a_title_that_comes_in_is_cut_as_one_that_is_typed(vault: Vault) -> None:
    merge(vault.database, [named(LONG)], NOW)

    assert [each.title for each in vault.sessions.kept()] == [title_of(LONG)]


def test_a_title_that_was_lost_comes_back_cut_as_one_that_is_typed(vault: Vault) -> None:
    merge(vault.database, [named("")], NOW)
    with vault.database.transaction():
        note_lost(vault.database, ["a"], [])

    merge(vault.database, [named(LONG)], NOW)

    assert [each.title for each in vault.sessions.kept()] == [title_of(LONG)]


def test_a_title_that_is_lacking_comes_in_and_is_told(vault: Vault) -> None:
    merge(vault.database, [named("")], NOW)

    expected = gain(vault.database, [named("夜里")])
    came = merge(vault.database, [named("夜里")], NOW)

    assert came == expected
    assert (came.titled_sessions, came.new_turns, bool(came)) == (1, 0, True)
    assert sentence("backup.has_titled", count=1) in came.told("backup.restored", "backup.none")
    assert [each.title for each in vault.sessions.kept()] == ["夜里"]
    assert not merge(vault.database, [named("夜里")], NOW)


@pytest.mark.parametrize(
    ("here", "comes"), [("这里的", "夜里"), ("", ""), ("", " \n"), ("这里的", "")]
)
def test_a_title_that_is_there_stays_and_none_is_nothing_new(
    vault: Vault, here: str, comes: str
) -> None:
    merge(vault.database, [named(here)], NOW)

    assert not gain(vault.database, [named(comes)])
    assert not merge(vault.database, [named(comes)], NOW)
    assert [each.title for each in vault.sessions.kept()] == [here]


def test_corpus_lines_come_in_once(vault: Vault, tmp_path: Path) -> None:
    line = {
        "id": "d1",
        "source": "s",
        "licence": "l",
        "topic": "睡眠",
        "messages": [
            {"role": "system", "content": "你是"},
            {"role": "user", "content": "睡不着"},
            {"role": "assistant", "content": "多久了？"},
        ],
    }
    other = line | {"id": "d2"}
    path = tmp_path / "corpus.jsonl"
    path.write_text("\n".join(json.dumps(each, ensure_ascii=False) for each in (line, other)))

    imported(vault, path)
    imported(vault, path)

    assert len(vault.sessions.kept()) == 2
    session = vault.sessions.kept()[0]
    assert session.title == "睡眠"
    assert said_in(vault, session.id) == [(Role.USER, "睡不着"), (Role.ASSISTANT, "多久了？")]
    assert [hit.session for hit in vault.search.find("多久")] != []


def test_a_line_of_json_may_hold_what_python_takes_for_the_end_of_one(
    vault: Vault, tmp_path: Path
) -> None:
    said = "一\u2028二\u0085三"
    line = json.dumps({"messages": [{"role": "user", "content": said}]}, ensure_ascii=False)
    other = json.dumps({"messages": [GOOD]}, ensure_ascii=False)
    (tmp_path / "corpus.jsonl").write_bytes(f"{line}\r\n{other}\r\n".encode())

    imported(vault, tmp_path / "corpus.jsonl")

    texts = {said_in(vault, each.id)[0][1] for each in vault.sessions.kept()}
    assert texts == {said, "好"}


GOOD = {"role": "user", "content": "好"}
BAD = {
    "nothing": b"",
    "text": "随便什么".encode(),
    "bytes": b"\xff\xfe\x00",
    "a number": b"1",
    "an empty list": b"[]",
    "another format": b'{"format": "other", "sessions": []}',
    "a later version": b'{"format": "soulchat-conversations", "version": 2, "sessions": []}',
    "no roles": b'{"messages": [{"content": "x"}]}',
    "half a character": b'{"messages": [{"role": "user", "content": "\\ud800"}]}',
    "a number for a text": b'{"messages": [{"role": "user", "content": 1}]}',
    "good, then bad": json.dumps({"messages": [GOOD]}).encode() + b'\n{"messages": [1]}',
    "good, then cut": json.dumps({"messages": [GOOD]}).encode() + b'\n{"mess',
    "deep": b"[" * 100_000,
    "a ring": b'[{"mapping": {"a": {"parent": "b", "children": ["b"], "message": null},'
    b' "b": {"parent": "a", "children": ["a"], "message": null}}}]',
    "a turn before its own": json.dumps(
        {
            "format": "soulchat-conversations",
            "version": 1,
            "sessions": [
                {
                    "id": "a",
                    "title": "",
                    "created": 1,
                    "turns": [
                        GOOD | {"state": "complete", "created": 1, "after": 0, "chosen": True}
                    ],
                }
            ],
        }
    ).encode(),
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD.keys())
def test_what_cannot_be_read_is_one_sentence_and_nothing_comes_in(
    content: bytes, vault: Vault, tmp_path: Path
) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)

    with pytest.raises(TransferError, match="什么也没有导入"):
        imported(vault, path)

    assert vault.sessions.kept() == ()


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(TransferError, match="找不到"):
        read_conversations(tmp_path / "none")
