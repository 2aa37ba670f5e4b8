"""Which turns the model still sees. One character counts as one token here."""

from __future__ import annotations

import pytest

from desktop_app.conversation.budget import fit
from desktop_app.dialogue import Role, Session, Turn
from desktop_app.errors import MessageError


def count(turns: tuple[Turn, ...]) -> int:
    return sum(len(turn.content) for turn in turns)


def talk(exchanges: int, *, system: str | None = "SSSS", last: str = "L" * 10) -> Session:
    """A session of ten-character turns that ends with the message to answer."""
    pair = (Turn(Role.USER, "u" * 10), Turn(Role.ASSISTANT, "a" * 10))
    return Session(pair * exchanges, system).add(Turn(Role.USER, last))


def test_what_fits_stays_whole() -> None:
    session = talk(3)

    assert fit(session, 74, count) is session


def test_system_text_and_last_message_stay() -> None:
    visible = fit(talk(50), 100, count).visible()

    assert (visible[0].content, visible[-1].content) == ("SSSS", "L" * 10)


def test_what_stays_begins_with_a_user_turn() -> None:
    assert fit(talk(50, system=None), 100, count).visible()[0].role is Role.USER


def test_turns_go_in_one_large_step() -> None:
    assert count(fit(talk(50), 100, count).visible()) <= 60


def test_after_a_step_several_turns_fit_without_another() -> None:
    session = fit(talk(50), 100, count)
    longer = session.add(Turn(Role.ASSISTANT, "a" * 10), Turn(Role.USER, "u" * 10))

    assert fit(longer, 100, count).unseen == session.unseen


def test_every_turn_stays_in_the_session() -> None:
    session = talk(50)

    assert fit(session, 100, count).turns == session.turns


def test_a_message_over_the_aim_but_within_the_room_is_answered_alone() -> None:
    assert len(fit(talk(5, last="L" * 90), 100, count).visible()) == 2


def test_a_message_longer_than_the_room_is_one_sentence_with_its_length() -> None:
    with pytest.raises(MessageError, match="97"):
        fit(talk(5, last="L" * 97), 100, count)
