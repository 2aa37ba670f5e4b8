"""Turns make room while nobody waits, and a summary stands for them: real models in real children.

A tiny model reads a byte as a token; the template adds 21.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_app.conversation.counsellor import Counsellor
from desktop_app.conversation.open_session import OpenSession, begun, kept, off_the_record
from desktop_app.conversation.reply import Reply
from desktop_app.conversation.watch import watch
from desktop_app.dialogue import Role, Session, Summary, Turn
from desktop_app.engine.process import ChildEngine, Settings
from desktop_app.engine.protocol import Finished, Piece, Request, always
from desktop_app.engine.sampling import GREEDY
from desktop_app.vault.vault import Vault
from resources.prompting import summary_asked_for
from tests.support.engine_tiny import write_tiny_model
from tests.unit.conversation.test_continuity import (
    MESSAGES,
    SESSION,
    added_by_template,
    opened,
    say,
    tokens_of,
    wanted,
)

SAID = "我妈妈病了，最近睡不好，真的很累。"
DANGER = "我想自杀。"
ITS_WORDS = "我妈妈病了，最近睡不好。"
SYSTEM = "好"
N_CTX = 2048
TEMPLATE = 21
EXCHANGES = 19
"""So many of them fill more than 90 % of what such a context has room for, and not all."""


class Watched(ChildEngine):
    """A child whose replies are counted."""

    replies: list[Finished]

    def reply(
        self, request: Request, wanted: Callable[[], bool] = always
    ) -> Iterator[Piece | Finished]:
        for event in super().reply(request, wanted):
            if isinstance(event, Finished):
                self.replies.append(event)
            yield event


@contextmanager
def counsellor_on(model: Path, folder: Path) -> Iterator[Counsellor]:
    with Watched(Settings(model, folder, threads=1, n_ctx=N_CTX)) as engine:
        engine.replies = []
        yield Counsellor(engine, system=SYSTEM, sampling=GREEDY)


def replies_of(counsellor: Counsellor) -> list[Finished]:
    assert isinstance(counsellor.engine, Watched)
    return counsellor.engine.replies


def filled(reply: str = "嗯", said: str = SAID, exchanges: int = EXCHANGES) -> Session:
    """A conversation that nearly fills the context."""
    pairs = [(Turn(Role.USER, f"{n}{said}"), Turn(Role.ASSISTANT, reply)) for n in range(exchanges)]
    return Session(tuple(turn for pair in pairs for turn in pair), SYSTEM)


def until(asked: int) -> Callable[[], bool]:
    """Wanted so many times, then no more."""
    left = iter([True] * asked)
    return lambda: next(left, False)


@pytest.fixture(scope="module")
def summing_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that answers anything with a true summary."""
    return write_tiny_model(
        tmp_path_factory.mktemp("summing"), says=("我妈妈病了，", "最近睡不好。")
    )


def test_a_model_that_can_is_asked_behind_what_it_has_read(
    summing_model: Path, tmp_path: Path
) -> None:
    session = filled()
    with counsellor_on(summing_model, tmp_path) as counsellor:
        counsellor.read_ahead(session, "", wanted)

        shorter = counsellor.make_room(session, "", wanted)

        (asked,) = replies_of(counsellor)
        question = tokens_of(counsellor, summary_asked_for("zh"))
        assert asked.evaluated_tokens <= question + added_by_template(counsellor) + 2
    assert shorter.summary.made == ITS_WORDS
    assert 0 < shorter.unseen < len(shorter.turns) == len(session.turns)
    assert shorter.turns == session.turns


def test_what_a_model_writes_and_does_not_pass_is_not_taken(
    tiny_model: Path, tmp_path: Path
) -> None:
    with counsellor_on(tiny_model, tmp_path) as counsellor:
        shorter = counsellor.make_room(filled(), "", wanted)

        assert [each.text for each in replies_of(counsellor)] == ["你"]
    assert shorter.summary.made.endswith(SAID)


def test_what_a_model_turns_round_is_not_taken(tmp_path: Path) -> None:
    model = write_tiny_model(tmp_path, says=("我妈妈没病，", "最近睡不好。"))
    with counsellor_on(model, tmp_path) as counsellor:
        shorter = counsellor.make_room(filled(), "", wanted)

        assert len(replies_of(counsellor)) == 1
    assert shorter.summary.made.endswith(SAID)


def test_danger_is_remembered_as_the_person_told_of_it(summing_model: Path, tmp_path: Path) -> None:
    told = (Turn(Role.USER, DANGER), Turn(Role.ASSISTANT, "嗯"))
    session = replace(filled(), turns=told + filled().turns)
    with counsellor_on(summing_model, tmp_path) as counsellor:
        shorter = counsellor.make_room(session, "", wanted)
        longer = shorter.add(*filled().turns)
        again = counsellor.make_room(longer, "", wanted)

        assert replies_of(counsellor) == []  # nor when it stands in the summary alone
    assert again.unseen > shorter.unseen > 0
    for summary in (shorter.summary.made, again.summary.made):
        assert DANGER in summary.splitlines()


def test_once_danger_was_answered_no_model_writes_the_summary(
    summing_model: Path, tmp_path: Path
) -> None:
    answered = watch(Session(), DANGER).reply
    assert answered is not None
    turns = (Turn(Role.USER, "嗯"), Turn(Role.ASSISTANT, answered), *filled().turns)
    with counsellor_on(summing_model, tmp_path) as counsellor:
        shorter = counsellor.make_room(Session(turns, SYSTEM, unseen=2), "", wanted)

        assert replies_of(counsellor) == []
    assert shorter.unseen > 2
    assert shorter.summary.made.endswith(SAID)


def test_who_goes_on_before_it_is_written_is_answered_from_what_was_read(
    endless_model: Path, tmp_path: Path
) -> None:
    session = filled()
    with counsellor_on(endless_model, tmp_path) as counsellor:
        counsellor.read_ahead(session, "", wanted)

        assert counsellor.make_room(session, "", until(3)) is session
        assert replies_of(counsellor)[0].stop == "cancelled"
        *_, reply = counsellor.answer(session, "嗯", max_tokens=1)
        assert isinstance(reply, Reply)
        assert reply.finished.evaluated_tokens <= len("嗯".encode()) + 21 + 2

        shorter = counsellor.make_room(session, "", wanted)
        assert len(replies_of(counsellor)) == 2  # the next time nobody asks the model
        assert shorter.summary.made.endswith(SAID)


def test_who_goes_on_before_it_is_asked_for_has_nothing_read(
    endless_model: Path, tmp_path: Path
) -> None:
    session = filled()
    with counsellor_on(endless_model, tmp_path) as counsellor:
        assert counsellor.make_room(session, "", until(1)) is session

        (asked,) = replies_of(counsellor)
    assert (asked.stop, asked.prompt_tokens) == ("cancelled", 0)


def test_an_answer_asked_for_meanwhile_rests_on_the_new_memory(
    tiny_model: Path, tmp_path: Path
) -> None:
    session = filled()
    with counsellor_on(tiny_model, tmp_path) as counsellor:
        shorter = counsellor.make_room(session, "", wanted)
        counsellor.read_ahead(shorter, "", wanted)

        *_, reply = counsellor.answer(session, "嗯")

    assert isinstance(reply, Reply)
    assert reply.session.unseen == shorter.unseen
    assert reply.session.summary == shorter.summary
    assert reply.finished.evaluated_tokens <= len("嗯".encode()) + 21 + 2


def test_what_the_person_put_there_is_never_rewritten(summing_model: Path, tmp_path: Path) -> None:
    own = Summary(own="叫我小雨。", edition=1)
    with counsellor_on(summing_model, tmp_path) as counsellor:
        once = counsellor.make_room(replace(filled(), summary=own), "", wanted)
        longer = once.add(*filled("嗯", "我爸爸去年失业了。").turns)
        twice = counsellor.make_room(longer, "", wanted)

        assert replies_of(counsellor) == []
    for session in (once, twice):
        assert session.summary.own == own.own
        head = session.visible()[0]
        assert head.content.startswith(f"{SYSTEM}\n\n")
        assert f"{own.own}\n{session.summary.made}" in head.content
    assert "爸爸去年失业" not in once.summary.made
    assert "爸爸去年失业" in twice.summary.made


LONG = "长" * 100
"""More than `filled` leaves room for."""


def read(counsellor: Counsellor, session: OpenSession, written: str) -> int:
    """Do what the window does after a pause in writing; return the tokens that were read."""
    session.remember(counsellor.make_room(session.session, written, wanted))
    return counsellor.read_ahead(session.session, written, wanted)


def test_a_long_text_that_is_deleted_unsent_takes_nothing_from_the_conversation(
    tiny_model: Path, tmp_path: Path
) -> None:
    session = off_the_record(filled().turns)
    with counsellor_on(tiny_model, tmp_path) as counsellor:
        beginning = counsellor.fitted(session.session, LONG)
        assert beginning.unseen > 0
        assert read(counsellor, session, LONG) > 0
        assert session.session.unseen == 0
        assert read(counsellor, session, "嗯") > 0  # all of it is seen again
        *_, reply = counsellor.answer(session.session, "嗯")

        assert replies_of(counsellor)[-1].evaluated_tokens <= TEMPLATE + 2
    assert isinstance(reply, Reply)
    assert reply.session.unseen == 0
    assert session.remembered is None


def test_what_is_sent_takes_turns_for_good_and_nothing_of_it_is_left_to_be_read(
    tiny_model: Path, tmp_path: Path
) -> None:
    session = off_the_record(filled().turns)
    with counsellor_on(tiny_model, tmp_path) as counsellor:
        read(counsellor, session, LONG)
        session.say(LONG)
        *_, reply = counsellor.answer(session.session, LONG)
        assert isinstance(reply, Reply)
        session.keep(reply)
        session.settle()

        assert reply.finished.evaluated_tokens <= TEMPLATE + 2
    assert session.session.unseen > 0
    assert SAID in session.session.summary.made
    assert session.remembered is not None


def test_a_message_that_grows_over_the_edge_has_the_conversation_read_again_once(
    tiny_model: Path, tmp_path: Path
) -> None:
    session, word = off_the_record(filled().turns), "长" * 10
    with counsellor_on(tiny_model, tmp_path) as counsellor:
        read(counsellor, session, LONG)
        for words in range(1, 21):
            assert read(counsellor, session, LONG + words * word) == len(word.encode())
        *_, reply = counsellor.answer(session.session, LONG + 20 * word)

    assert isinstance(reply, Reply)
    assert reply.finished.evaluated_tokens <= TEMPLATE + 2


def test_a_message_that_shrinks_takes_no_more_turns_than_it_would_by_itself(
    tiny_model: Path, tmp_path: Path
) -> None:
    session = off_the_record(filled().turns)
    with counsellor_on(tiny_model, tmp_path) as counsellor:
        alone = counsellor.fitted(session.session, LONG)
        read(counsellor, session, 4 * LONG)
        assert counsellor.fitted(session.session, 4 * LONG).unseen > alone.unseen

        read(counsellor, session, LONG)
        *_, reply = counsellor.answer(session.session, LONG)

    assert isinstance(reply, Reply)
    assert reply.session.unseen == alone.unseen
    assert reply.finished.evaluated_tokens <= TEMPLATE + 2


def test_while_a_message_waits_for_its_reply_no_turn_goes_either(
    tiny_model: Path, tmp_path: Path
) -> None:
    """It may be taken back."""
    session = off_the_record((*filled().turns, Turn(Role.USER, LONG)))
    with counsellor_on(tiny_model, tmp_path) as counsellor:
        read(counsellor, session, session.question())
        assert session.take_back() == LONG

        assert read(counsellor, session, "嗯") > 0
    assert session.session.unseen == 0


def test_one_that_has_room_stays_whole(tiny_model: Path, tmp_path: Path) -> None:
    session = filled(exchanges=3)
    with counsellor_on(tiny_model, tmp_path) as counsellor:
        assert counsellor.make_room(session, "", wanted) is session


def go_on(counsellor: Counsellor, session: OpenSession, message: str) -> Finished:
    """Say a message, and do after the reply what the window does."""
    cost = say(counsellor, session, message)
    session.remember(counsellor.make_room(session.session, "", wanted))
    counsellor.read_ahead(session.session, "", wanted)
    return cost


def test_after_a_restart_it_remembers_the_same_and_nothing_is_read_again(
    vault: Vault, tmp_path: Path
) -> None:
    session = begun(vault.sessions, SESSION)
    with opened(tmp_path, vault, n_ctx=512) as counsellor:
        for number in range(30):
            go_on(counsellor, session, MESSAGES[number % len(MESSAGES)])
            if session.session.unseen:
                break
        before = session.session
    assert before.unseen > 0
    assert before.summary.made

    with opened(tmp_path, vault, n_ctx=512) as counsellor:
        again, _ = kept(vault.sessions, SESSION)
        assert (again.session.unseen, again.session.summary) == (before.unseen, before.summary)
        assert again.session.turns == before.turns
        cost = say(counsellor, again, MESSAGES[1])

        message, template = tokens_of(counsellor, MESSAGES[1]), added_by_template(counsellor)
    assert cost.prompt_tokens > 100
    assert cost.evaluated_tokens <= message + template + 2
