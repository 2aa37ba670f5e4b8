"""What the importers mend, drop and refuse."""

from __future__ import annotations

import lzma
from typing import TYPE_CHECKING

import pytest

from finetune.corpus.build import import_corpus, without_repeats_of
from finetune.corpus.dialogue import Message, read_corpus, write_corpus
from finetune.corpus.statistics import statistics
from finetune.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Raw = Callable[..., Path]

EXCHANGE = [("client", "我睡不着。"), ("counselor", "从什么时候开始的？")]


def test_a_sound_dialogue_keeps_its_words_and_its_licence(raw_file: Raw) -> None:
    (dialogue,) = import_corpus("smile", raw_file(EXCHANGE)).dialogues
    assert dialogue.messages == (
        Message("user", "我睡不着。"),
        Message("assistant", "从什么时候开始的？"),
    )
    assert (dialogue.id, dialogue.licence) == ("smile/0", "CC0-1.0")


def test_a_last_message_of_the_client_is_cut(raw_file: Raw) -> None:
    imported = import_corpus("smile", raw_file([*EXCHANGE, ("client", "谢谢。")]))
    assert [m.role for m in imported.dialogues[0].messages] == ["user", "assistant"]
    assert imported.faults == {"mended: ends with the client": 1}


def test_neighbours_of_one_side_become_one_message(raw_file: Raw) -> None:
    imported = import_corpus("smile", raw_file([("client", "你好。"), *EXCHANGE]))
    assert imported.dialogues[0].messages[0].content == "你好。\n我睡不着。"
    assert imported.faults == {"mended: one side twice": 1}


def test_an_empty_message_goes_and_the_rest_stays(raw_file: Raw) -> None:
    imported = import_corpus("smile", raw_file([*EXCHANGE, ("client", " "), ("counselor", "嗯。")]))
    assert [m.content for m in imported.dialogues[0].messages][-1] == "从什么时候开始的？\n嗯。"


@pytest.mark.parametrize("word", ["楼主加油。", "题主你好。"])
def test_forum_words_drop_the_dialogue(raw_file: Raw, word: str) -> None:
    imported = import_corpus("smile", raw_file([("client", "难受。"), ("counselor", word)]))
    assert imported.dialogues == ()
    assert imported.faults == {"dropped: forum words": 1}


@pytest.mark.parametrize(
    "contact",
    ["打我电话13812345678", "QQ：123456789", "加微信 abc_12345", "mail me@example.com"],
)
def test_somebodys_contact_details_drop_the_dialogue(raw_file: Raw, contact: str) -> None:
    imported = import_corpus("smile", raw_file([("client", contact), ("counselor", "好的。")]))
    assert imported.faults == {"dropped: contact details": 1}


def test_the_text_of_one_dialogue_never_reaches_the_next(raw_file: Raw) -> None:
    # SMILE's published converter forgets to reset its history between files.
    first, second = [("client", "甲"), ("counselor", "乙")], [("client", "丙"), ("counselor", "丁")]
    dialogues = import_corpus("smile", raw_file(first, second)).dialogues
    assert [[m.content for m in d.messages] for d in dialogues] == [["甲", "乙"], ["丙", "丁"]]


def test_a_corpus_reads_back_as_it_was_written(public_corpus: Path, tmp_path: Path) -> None:
    dialogues = import_corpus("smile", public_corpus).dialogues
    path = tmp_path / "corpus.jsonl"
    assert write_corpus(path, dialogues) == len(dialogues) == 60
    assert tuple(read_corpus(path)) == dialogues


def test_an_xz_file_reads_like_a_plain_one(public_corpus: Path, tmp_path: Path) -> None:
    packed = tmp_path / "public.jsonl.xz"
    packed.write_bytes(lzma.compress(public_corpus.read_bytes()))
    assert import_corpus("smile", packed) == import_corpus("smile", public_corpus)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (b'{"id": 1, "messages": [', "corpus.broken_line"),
        (b"\xff\xfe{}", "corpus.broken_line"),
        (b"[1, 2]", "corpus.broken_line"),
        (b'{"id": 1}', "corpus.wrong_shape"),
        (b'{"id": 1, "messages": [{"role": "robot", "content": "x"}]}', "corpus.wrong_shape"),
        (b'{"id": 1, "messages": [{"role": "client", "content": 3}]}', "corpus.wrong_shape"),
    ],
)
def test_a_broken_line_is_named_by_its_number(tmp_path: Path, line: bytes, key: str) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_bytes(b'{"id": 0, "messages": []}\n' + line + b"\n")
    with pytest.raises(CorpusError) as caught:
        import_corpus("smile", path)
    assert caught.value.key == key
    assert " 2 " in caught.value.sentence("zh")
    assert "Line 2" in caught.value.sentence("en")


def test_a_cut_xz_file_is_said_to_be_damaged(public_corpus: Path, tmp_path: Path) -> None:
    packed = tmp_path / "public.jsonl.xz"
    packed.write_bytes(lzma.compress(public_corpus.read_bytes())[:-40])
    with pytest.raises(CorpusError, match="损坏"):
        import_corpus("smile", packed)


def test_a_question_that_the_held_out_file_nearly_repeats_is_left_out(raw_file: Raw) -> None:
    long = "我和男朋友在一起三年了，最近总是为了小事吵架，我不知道该不该继续下去"
    corpus = import_corpus(
        "smile",
        raw_file(
            [("client", long), ("counselor", "嗯。")], [("client", "睡不着"), ("counselor", "嗯。")]
        ),
    ).dialogues
    held_out = import_corpus(
        "smile", raw_file([("client", long + "，帮帮我！"), ("counselor", "嗯。")])
    ).dialogues
    assert [d.question for d in without_repeats_of(corpus, held_out)] == ["睡不着"]


def test_statistics_count_turns_and_strategies(public_corpus: Path) -> None:
    counted = statistics(import_corpus("smile", public_corpus).dialogues)
    assert (counted["dialogues"], counted["counsellor_turns"]) == (60, 300)
    assert sum(counted["strategies"].values()) == 300
