"""The search that tests of locking use finds what is hidden from the collector's list too."""

from __future__ import annotations

import gc

import pytest
from PySide6.QtWidgets import QApplication, QLabel

from tests.support.what_is_left import holders

pytestmark = pytest.mark.gui

WORD = "planted"


@pytest.mark.parametrize(
    "hidden",
    [
        lambda word: [(word + "!", 1)],
        lambda word: [{"a": word + "!"}],
        lambda word: [((1, (word + "!",)),)],
        lambda word: [word.encode()],
        lambda word: [(bytearray(word.encode("utf-16-le")),)],
        QLabel,
    ],
    ids=["tuple", "dict", "tuples", "bytes", "utf-16", "label"],
)
def test_what_is_planted_is_found(qapp: QApplication, hidden: object) -> None:
    assert qapp is not None
    assert callable(hidden)
    word = "".join([WORD, str(id(hidden))])
    planted = hidden(word)
    gc.collect()  # untracks what holds plain values alone
    assert holders(word)
    del planted
    gc.collect()
    assert holders(word) == []
