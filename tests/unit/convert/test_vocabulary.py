"""Tokens, their kinds and special ids, as the source folder means them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from convert.arch import qwen2
from convert.chat_template import read_chat_template, render
from convert.dialogue_form import read_dialogue_form
from convert.errors import VocabularyError
from convert.probes import probe_strings
from convert.token_table import TokenType
from convert.vocab import read_vocabulary
from tests.support.tiny_base import SPECIAL, Shape, read_json, write_base

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return write_base(tmp_path / "base", Shape(layers=1))


def change(
    path: Path, edit: Callable[[dict[str, Any]], object], *, ascii_only: bool = False
) -> None:
    value = read_json(path)
    edit(value)
    path.write_text(json.dumps(value, ensure_ascii=ascii_only), encoding="utf-8")


def test_rows_without_a_token_are_unused_padding(base: Path) -> None:
    vocabulary = read_vocabulary(base / "tokenizer.json", rows=512)
    assert len(vocabulary.tokens) == len(vocabulary.types) == 512
    assert vocabulary.tokens[-1] == "[PAD511]"
    assert vocabulary.types[-1] is TokenType.UNUSED


def test_special_tokens_are_control_and_other_added_tokens_user_defined(base: Path) -> None:
    added = {"id": 500, "content": "<think>", "special": False}
    change(base / "tokenizer.json", lambda t: t["added_tokens"].append(added))
    vocabulary = read_vocabulary(base / "tokenizer.json", rows=512)
    assert vocabulary.types[2] is TokenType.CONTROL
    assert (vocabulary.tokens[500], vocabulary.types[500]) == ("<think>", TokenType.USER_DEFINED)


def test_the_splitting_pattern_names_the_pre_tokenizer(base: Path, tmp_path: Path) -> None:
    llama = write_base(tmp_path / "llama", Shape(family="llama", layers=1))
    assert read_vocabulary(base / "tokenizer.json", 512).pre_tokenizer == "qwen2"
    assert read_vocabulary(llama / "tokenizer.json", 512).pre_tokenizer == "llama-bpe"


def test_merges_are_read_in_both_written_forms(base: Path) -> None:
    pairs = read_vocabulary(base / "tokenizer.json", 512).merges
    change(
        base / "tokenizer.json",
        lambda t: t["model"].update(merges=[" ".join(pair) for pair in t["model"]["merges"]]),
    )
    assert read_vocabulary(base / "tokenizer.json", 512).merges == pairs


@pytest.mark.parametrize(
    "merges", [["a"], ["a b c"], [["a"]], [["a", 1]], [1], [None], None, "ab", [["a", "\ud800"]]]
)
def test_merges_that_are_none_are_refused(base: Path, merges: object) -> None:
    change(base / "tokenizer.json", lambda t: t["model"].update(merges=merges), ascii_only=True)
    with pytest.raises(VocabularyError) as caught:
        read_vocabulary(base / "tokenizer.json", 512)
    assert caught.value.key == "convert.tokenizer_damaged"


def test_a_token_that_is_no_text_is_refused(base: Path) -> None:
    change(
        base / "tokenizer.json",
        lambda t: t["model"]["vocab"].update({"\ud800": 500}),
        ascii_only=True,
    )
    with pytest.raises(VocabularyError) as caught:
        read_vocabulary(base / "tokenizer.json", 512)
    assert caught.value.key == "convert.tokenizer_damaged"


def test_end_ids_are_the_union_of_every_place_that_names_one(base: Path) -> None:
    change(base / "tokenizer_config.json", lambda c: c.update(eos_token="<|im_end|>"))
    change(base / "generation_config.json", lambda c: c.update(eos_token_id=[0, 2]))
    change(base / "config.json", lambda c: c.update(eos_token_id=1))
    assert end_ids(base) == (2, 0, 1)


def end_ids(base: Path) -> tuple[int, ...]:
    return read_dialogue_form(base, None, qwen2.FAMILY, 512).vocabulary.end_ids


def name_no_end_token(base: Path) -> None:
    change(base / "tokenizer_config.json", lambda c: c.pop("eos_token"))
    change(base / "generation_config.json", lambda c: c.pop("eos_token_id"))
    change(base / "config.json", lambda c: c.pop("eos_token_id"))


def test_what_the_template_puts_behind_a_reply_ends_it(base: Path) -> None:
    name_no_end_token(base)
    assert end_ids(base) == (2,)


def test_a_next_turns_mark_ends_a_reply_where_nothing_else_does(base: Path) -> None:
    name_no_end_token(base)
    turns = "{% for message in messages %}<|im_start|>{{ message.content }} {% endfor %}"
    (base / "chat_template.jinja").write_text(turns, encoding="utf-8")
    assert end_ids(base) == (1,)


def test_a_vocabulary_without_an_end_token_is_refused(base: Path) -> None:
    name_no_end_token(base)
    plain = "{% for message in messages %}{{ message.content }}\n{% endfor %}"
    (base / "chat_template.jinja").write_text(plain, encoding="utf-8")
    with pytest.raises(VocabularyError):
        end_ids(base)


@pytest.mark.parametrize("named", ["<|endoftext|>", {"content": "<|endoftext|>"}], ids=str)
def test_the_post_processor_says_whether_a_begin_token_is_added(base: Path, named: object) -> None:
    change(base / "tokenizer_config.json", lambda c: c.update(bos_token=named))
    assert not read_vocabulary(base / "tokenizer.json", 512).adds_begin
    single = [{"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}, {"Sequence": {"id": "A"}}]
    change(
        base / "tokenizer.json",
        lambda t: t.update(post_processor={"type": "TemplateProcessing", "single": single}),
    )
    vocabulary = read_vocabulary(base / "tokenizer.json", 512)
    assert (vocabulary.adds_begin, vocabulary.adds_end) == (True, False)


@pytest.mark.parametrize("named", [None, "<|im_start|>"])
def test_a_token_before_the_text_that_is_not_the_begin_token_is_not_added(
    base: Path, named: str | None
) -> None:
    change(base / "tokenizer_config.json", lambda c: c.update(bos_token=named))
    special = [{"SpecialToken": {"id": text, "type_id": 0}} for text in SPECIAL]
    single = [*special, {"Sequence": {"id": "A"}}, special[1]]
    change(
        base / "tokenizer.json",
        lambda t: t.update(post_processor={"type": "TemplateProcessing", "single": single}),
    )
    vocabulary = read_vocabulary(base / "tokenizer.json", 512)
    assert (vocabulary.adds_begin, vocabulary.adds_end) == (False, False)


def test_a_template_in_tokenizer_config_counts_when_there_is_no_file(base: Path) -> None:
    (base / "chat_template.jinja").unlink()
    named = [{"name": "tool", "template": "no"}, {"name": "default", "template": "yes"}]
    change(base / "tokenizer_config.json", lambda c: c.update(chat_template=named))
    assert read_chat_template(base, None, None) == "yes"


def test_a_template_that_refuses_a_plain_dialogue_is_an_error(base: Path) -> None:
    with pytest.raises(VocabularyError):
        render("{{ raise_exception('no') }}", [], read_vocabulary(base / "tokenizer.json", 512))


def test_probes_are_many_always_the_same_and_hold_every_control_token() -> None:
    first, second = (list(probe_strings(["<|a|>", "<|b|>"])) for _ in range(2))
    assert first == second
    assert len(first) == 5000
    assert len(set(first)) >= 4500
    everything = "".join(first)
    assert all(part in everything for part in ("<|a|>", "<|b|>", "睡不着", "can't", "😭", "\r\n"))


def test_where_special_tokens_swallow_spaces_every_kind_is_probed_where_none_is_swallowed() -> None:
    plain = list(probe_strings(["<|a|>"]))
    probes = list(probe_strings(["<|a|>"], swallowing=True))
    assert any(re.search(r"<\|a\|>\s*\u3000", text) for text in plain)
    assert not any(re.search(r"(^|<\|a\|>)\s*[\u3000\u00a0\u2003]", text) for text in probes)
    for space in ("\u3000", "\u00a0", "\u2003"):
        assert sum(space in text for text in probes) > 200
