"""Which turns the model still sees. One character counts as one token here."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.conversation.budget import CHARACTERS_A_TOKEN, DOWN_TO, FOR_SUMMARY, fit
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


@pytest.mark.parametrize("room", [1000, 4000])
def test_thousands_of_turns_cost_few_counts_of_short_transcripts(room: int) -> None:
    counted: list[int] = []

    def watched(turns: tuple[Turn, ...]) -> int:
        counted.append(count(turns))
        return counted[-1]

    fitted = fit(talk(2500), room, watched)

    assert count(fitted.visible()) <= 0.6 * room
    assert len(counted) <= 12
    assert max(counted) <= CHARACTERS_A_TOKEN * room + len("SSSS")


def test_a_session_that_fits_is_counted_once() -> None:
    counted: list[int] = []
    fit(talk(3), 74, lambda turns: counted.append(len(turns)) or count(turns))

    assert counted == [8]


def test_text_of_many_characters_a_token_is_not_dropped_unseen() -> None:
    session = talk(500)

    assert fit(session, 1100, lambda turns: count(turns) // 10) is session


AIM = DOWN_TO - FOR_SUMMARY
TURNS = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60)), max_size=30)


@given(TURNS, st.integers(1, 80), st.integers(1, 400), st.integers(1, 9))
def test_as_many_turns_stay_as_can(
    sizes: list[tuple[int, int]], last: int, room: int, characters_a_token: int
) -> None:
    session = Session(system="SSSS")
    for asked, answered in sizes:
        turns = Turn(Role.USER, "u" * asked), Turn(Role.ASSISTANT, "a" * answered)
        session = session.add(*turns)
    session = session.add(Turn(Role.USER, "L" * last))
    needed = {
        start: count(replace(session, unseen=start).visible()) // characters_a_token
        for start in range(0, len(session.turns), 2)
    }
    small = [start for start, tokens in needed.items() if start and tokens <= int(AIM * room)]
    final = len(session.turns) - 1
    expected = (
        0
        if needed[0] <= room
        else next(iter(small), final if final and needed[final] <= room else None)
    )

    def fitted() -> int | None:
        try:
            return fit(session, room, lambda turns: count(turns) // characters_a_token).unseen
        except MessageError:
            return None

    assert fitted() == expected
