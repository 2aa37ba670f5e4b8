"""A reply reaches the parent whole, in no more pieces than a screen shows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from desktop_app.engine.pacing import APART_S, paced
from desktop_app.engine.protocol import Finished, Piece


def test_pieces_that_come_faster_than_a_screen_shows_are_sent_together() -> None:
    said = Said(every_s=APART_S / 4)

    *pieces, end = paced(said.reply(*"abcdefghi"), said.clock)

    assert pieces == [Piece("a"), Piece("bcde"), Piece("fghi")]
    assert end == finished("abcdefghi")


def test_a_piece_of_a_slow_model_waits_for_no_other() -> None:
    said = Said(every_s=1.0)
    sent = paced(said.reply("a", "b"), said.clock)

    assert [(next(sent), said.now), (next(sent), said.now)] == [(Piece("a"), 1), (Piece("b"), 2)]


def test_what_was_held_back_comes_before_the_end() -> None:
    said = Said(every_s=0.0)

    assert list(paced(said.reply("a", "b", "c"), said.clock)) == [
        Piece("a"),
        Piece("bc"),
        finished("abc"),
    ]


def test_a_reply_without_a_character_is_its_end_alone() -> None:
    said = Said(every_s=1.0)

    assert list(paced(said.reply(), said.clock)) == [finished("")]


def test_what_was_held_back_comes_before_the_error_of_a_reply_that_breaks_off() -> None:
    said, came = Said(every_s=0.0), list[Piece | Finished]()

    def breaks_off() -> Iterator[Piece | Finished]:
        yield from map(Piece, "abc")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        came.extend(paced(breaks_off(), said.clock))

    assert came == [Piece("a"), Piece("bc")]


class Said:
    """Pieces that come at even times."""

    def __init__(self, every_s: float) -> None:
        self.now = 0.0
        self._every_s = every_s

    def clock(self) -> float:
        return self.now

    def reply(self, *texts: str) -> Iterator[Piece | Finished]:
        for text in texts:
            self.now += self._every_s
            yield Piece(text)
        yield finished("".join(texts))


def finished(text: str) -> Finished:
    return Finished(text, "end", 1, 1, len(text), 0.0, 0.0)
