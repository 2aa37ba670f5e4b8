"""What ChatGPT exports: voice, pictures, hidden messages, marks, and shapes nobody promised."""

from __future__ import annotations

import json
import time
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault import import_file
from desktop_app.vault.bringing_in import bring_in
from desktop_app.vault.errors import TransferError
from desktop_app.vault.import_file import MOST_BYTES, FileRead, read_conversations
from desktop_app.vault.vault import Vault

NOW = 1_700_000_000


def message(*parts: Any, role: str = "user", **more: Any) -> dict[str, Any]:
    content = {"content_type": "multimodal_text", "parts": list(parts)}
    return {"author": {"role": role}, "create_time": NOW, "content": content} | more


def conversation(*messages: Any, **more: Any) -> dict[str, Any]:
    """A conversation in which each message follows the one before it."""
    mapping: dict[str, Any] = {"root": {"message": None, "parent": None, "children": ["0"]}}
    for place, each in enumerate(messages):
        above = str(place - 1) if place else "root"
        below = [str(place + 1)] if place + 1 < len(messages) else []
        mapping[str(place)] = {"message": each, "parent": above, "children": below}
    last = str(len(messages) - 1)
    return {"title": "夜里", "create_time": NOW, "current_node": last, "mapping": mapping} | more


def read(path: Path, *conversations: Any) -> FileRead:
    (path / "conversations.json").write_text(json.dumps(conversations))
    return read_conversations(path / "conversations.json")


def texts(found: FileRead) -> list[list[str]]:
    return [[turn.content for turn in session.turns] for session in found.sessions]


SOUND = {"content_type": "audio_asset_pointer", "asset_pointer": "file-service://x"}
PICTURE = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://y"}


def spoken(text: str) -> dict[str, str]:
    return {"content_type": "audio_transcription", "text": text, "direction": "in"}


def test_what_was_spoken_comes_as_its_words(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        conversation(
            message(spoken("我睡不着"), SOUND),
            message(spoken("多久了？"), SOUND, role="assistant"),
        ),
    )

    assert texts(found) == [["我睡不着", "多久了？"]]
    assert found.left_out == 0


def test_what_is_no_text_is_left_out_and_counted(tmp_path: Path) -> None:
    found = read(
        tmp_path, conversation(message(PICTURE, "看这张"), message(PICTURE), message(SOUND))
    )

    assert texts(found) == [["看这张"]]
    assert found.left_out == 3
    assert ["3 条消息" in remark for remark in found.remarks()] == [True]


def test_what_the_person_never_saw_is_not_theirs(tmp_path: Path) -> None:
    hidden = {"is_visually_hidden_from_conversation": True}

    found = read(
        tmp_path, conversation(message("你是谁？", metadata=hidden), message("睡不着", metadata={}))
    )

    assert texts(found) == [["睡不着"]]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("有研究\ue200cite\ue202turn0search1\ue202turn0news2\ue201说", "有研究说"),
        ('见\ue200entity\ue202["book","活着","novel"]\ue201这本书', "见活着这本书"),
        ("剩\ue201下\ue200的", "剩下的"),
    ],
)
def test_marks_that_only_a_web_page_draws_do_not_stay(
    tmp_path: Path, written: str, shown: str
) -> None:
    assert texts(read(tmp_path, conversation(message(written, role="assistant")))) == [[shown]]


@pytest.mark.parametrize(
    "odd",
    [
        message("x") | {"content": None},
        message("x") | {"content": {"parts": None}},
        message("x") | {"author": None},
        message(None),
        message("x", recipient="browser"),
        [],
    ],
)
def test_one_message_of_another_shape_costs_that_message_alone(tmp_path: Path, odd: Any) -> None:
    assert texts(read(tmp_path, conversation(message("前"), odd, message("后")))) == [["前", "后"]]


@pytest.mark.parametrize("time", [-1, 1e300, 253_402_300_799, 253_402_214_400, "soon", None])
def test_a_time_that_is_none_costs_nothing(tmp_path: Path, time: Any) -> None:
    (session,) = read(
        tmp_path, conversation(message("睡不着", create_time=time), create_time=time)
    ).sessions

    assert (session.created, session.turns[0].created) == (None, None)
    assert session.turns[0].role is Role.USER


def undated(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A conversation of which some messages say no time."""
    return conversation(*(each | {"create_time": None} for each in messages), **more)


def times(vault: Vault) -> list[float]:
    (session,) = vault.sessions.kept()
    return [turn.created.timestamp() for turn in vault.sessions.turns(session.id)]


def test_a_message_without_a_time_has_that_of_the_message_before(
    vault: Vault, tmp_path: Path
) -> None:
    plain = conversation(
        message("一"),
        message("二", role="assistant", create_time=None),
        message("三", create_time=NOW + 60),
        message("四", role="assistant", create_time=None),
    )

    bring_in(vault, read(tmp_path, plain))

    assert times(vault) == [NOW, NOW, NOW + 60, NOW + 60]


def test_where_no_message_before_has_one_it_is_the_conversations(
    vault: Vault, tmp_path: Path
) -> None:
    bring_in(vault, read(tmp_path, undated(message("一"), message("二", role="assistant"))))

    assert times(vault) == [NOW, NOW]


def test_where_nothing_has_a_time_it_is_that_of_the_import(vault: Vault, tmp_path: Path) -> None:
    before = time.time() - 1

    bring_in(vault, read(tmp_path, undated(message("一"), create_time=None)))

    assert before < times(vault)[0] < time.time() + 1


def test_a_message_that_was_dated_to_its_import_comes_in_no_second_time(
    vault: Vault, tmp_path: Path
) -> None:
    """As an earlier program dated it; there it stays."""
    found = read(tmp_path, undated(message("一"), message("二", role="assistant")))
    bring_in(vault, found)
    with vault.database.transaction():
        vault.database.rows("UPDATE turn SET created = ?", ((NOW + 5) * 1000,))

    assert not bring_in(vault, found)

    assert times(vault) == [NOW + 5, NOW + 5]


def test_a_conversation_from_the_future_moves_no_clock(vault: Vault, tmp_path: Path) -> None:
    """Its messages without a time are as far away, and say nothing of the clock here."""
    vault.sessions.add("here", Turn(Role.USER, "这里的"))
    here = vault.sessions.newest()
    far = int(time.time()) + 10**9

    bring_in(vault, read(tmp_path, undated(message("一"), create_time=far)))

    newest = vault.sessions.newest()
    assert here is not None
    assert newest is not None
    assert newest - here < timedelta(days=1)


def test_half_a_character_costs_that_character(tmp_path: Path) -> None:
    assert texts(read(tmp_path, conversation(message("睡\ud800着"), title="\udfff"))) == [
        ["睡\ufffd着"]
    ]


def test_children_of_null_are_none(tmp_path: Path) -> None:
    plain = conversation(message("睡不着"))
    plain["mapping"]["0"]["children"] = None

    assert texts(read(tmp_path, plain)) == [["睡不着"]]


@pytest.mark.parametrize("odd", [{"title": "x"}, {"mapping": None}, None, {"mapping": {"a": 1}}])
@pytest.mark.parametrize("first", [True, False])
def test_a_conversation_of_another_shape_is_passed_over_and_counted(
    tmp_path: Path, odd: Any, first: bool
) -> None:
    good = conversation(message("睡不着"))

    found = read(tmp_path, *((odd, good) if first else (good, odd)))

    assert texts(found) == [["睡不着"]]
    assert found.unreadable == 1
    assert ["1 段对话读不懂" in remark for remark in found.remarks()] == [True]


def test_the_archive_is_taken_as_it_was_delivered(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("user.json", "{}")
        archive.writestr("chat.html", "<html>")
        for number, said in enumerate(("一", "二")):
            part = json.dumps([conversation(message(said))])
            archive.writestr(f"x/conversations-00{number}.json", part)

    assert texts(read_conversations(tmp_path / "export.zip")) == [["一"], ["二"]]


def test_an_archive_is_as_large_as_its_pictures_and_what_is_read_of_it_is_not(
    tmp_path: Path,
) -> None:
    path = tmp_path / "export.zip"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 10)  # takes no space
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("conversations.json", json.dumps([conversation(message("一"))]))

    assert texts(read_conversations(path)) == [["一"]]


@pytest.mark.parametrize("packed", [False, True])
def test_what_is_too_large_to_be_read_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, packed: bool
) -> None:
    monkeypatch.setattr(import_file, "MOST_BYTES", 1000)
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps([conversation(message("一" * 1000))]))
    if packed:
        with zipfile.ZipFile(tmp_path / "export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(path, path.name)
        path = tmp_path / "export.zip"
        assert path.stat().st_size < 1000

    with pytest.raises(TransferError, match="太大"):
        read_conversations(path)


@pytest.mark.parametrize("members", [{}, {"chat.html": b"<html>"}, {"conversations.json": b"{"}])
def test_another_archive_is_one_sentence(tmp_path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)

    with pytest.raises(TransferError, match="什么也没有导入"):
        read_conversations(tmp_path / "other.zip")


def archive_of(folder: Path, *parts: str | bytes) -> Path:
    with zipfile.ZipFile(folder / "export.zip", "w") as archive:
        for number, part in enumerate(parts):
            archive.writestr(f"conversations-00{number}.json", part)
    return folder / "export.zip"


GOOD_PART = json.dumps([conversation(message("一"))], ensure_ascii=False)
RING = {
    "a": {"message": None, "parent": "b", "children": ["b"]},
    "b": {"message": None, "parent": "a", "children": ["a"]},
}


@pytest.mark.parametrize(
    ("part", "unread", "unreadable"),
    [
        pytest.param("[]", 0, 0, id="empty list"),
        pytest.param("", 1, 0, id="nothing"),
        pytest.param("[{", 1, 0, id="cut"),
        pytest.param(b"\xff\xfe", 1, 0, id="no UTF-8"),
        pytest.param('{"a": 1}', 1, 0, id="another kind"),
        pytest.param(json.dumps([{"mapping": RING}]), 0, 1, id="none of it understood"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_one_part_of_an_archive_that_gives_nothing_costs_that_part_alone(
    tmp_path: Path, part: str | bytes, unread: int, unreadable: int, *, first: bool
) -> None:
    parts = (part, GOOD_PART) if first else (GOOD_PART, part)

    found = read_conversations(archive_of(tmp_path, *parts))

    assert texts(found) == [["一"]]
    assert (found.unread_parts, found.unreadable) == (unread, unreadable)
    assert len(found.remarks()) == unread + unreadable


def test_a_part_whose_bytes_were_damaged_costs_that_part_alone(tmp_path: Path) -> None:
    path = archive_of(tmp_path, GOOD_PART, GOOD_PART.replace("一", "二"))
    path.write_bytes(path.read_bytes().replace("二".encode(), "三".encode()))

    found = read_conversations(path)

    assert texts(found) == [["一"]]
    assert ["1 个部分" in remark for remark in found.remarks()] == [True]


@pytest.mark.parametrize("parts", [["[]"], ["[]", "[{"], [json.dumps([{"mapping": RING}])] * 2])
def test_an_archive_none_of_whose_parts_gives_anything_is_refused(
    tmp_path: Path, parts: list[str]
) -> None:
    with pytest.raises(TransferError, match="什么也没有导入"):
        read_conversations(archive_of(tmp_path, *parts))
