"""Many texts in one piece of memory read as a list of them does."""

from __future__ import annotations

import pickle

import pytest

from convert.text_list import TextList

TEXTS = ["", "a", "你好", "\0", "", "Ġword"]


def test_it_reads_as_the_texts_it_was_made_of() -> None:
    texts = TextList.of(TEXTS)
    assert list(texts) == TEXTS
    assert [texts[place] for place in range(-len(TEXTS), len(TEXTS))] == 2 * TEXTS
    assert texts[1:] == TEXTS[1:]
    assert (len(texts), texts.index("你好"), "b" in texts) == (6, 2, False)
    with pytest.raises(IndexError):
        texts[6]


def test_texts_cut_elsewhere_are_other_texts() -> None:
    assert TextList.of(["ab", "c"]) != TextList.of(["a", "bc"])
    assert TextList.of(TEXTS) == pickle.loads(pickle.dumps(TextList.of(TEXTS)))


def test_half_a_surrogate_pair_is_no_text() -> None:
    with pytest.raises(UnicodeEncodeError):
        TextList.of(["\ud800"])
