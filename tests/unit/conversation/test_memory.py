"""What a model remembers is kept with its conversation, and goes with it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_app.conversation.budget import fit
from desktop_app.conversation.open_session import (
    LONGEST_SUMMARY,
    OpenSession,
    begun,
    kept,
    off_the_record,
)
from desktop_app.dialogue import Role, Session, Summary, Turn
from desktop_app.errors import MessageError
from desktop_app.vault.vault import Vault, open_rescued
from tests.support.damaged_vault import flip_a_byte
from tests.support.decrypted import decrypted
from tests.support.held_commits import PATIENCE_S, held_commits
from tests.unit.conversation.test_open_session import answer, reply_to, said

WORD = "zyzzyva"
MADE = Summary(made=f"{WORD} 妈妈病了。")


@pytest.fixture
def talk(vault: Vault) -> OpenSession:
    """Three exchanges, of which the first is remembered."""
    opened = begun(vault.sessions, "talk")
    for number in range(3):
        answer(opened, f"第{number}句。", f"嗯{number}。")
    opened.remember(replace(opened.session, unseen=2, summary=MADE))
    return opened


def again(vault: Vault) -> Session:
    return kept(vault.sessions, "talk")[0].session


def test_it_is_the_same_when_the_conversation_is_opened_again(
    talk: OpenSession, vault: Vault
) -> None:
    assert (talk.session.unseen, talk.session.summary) == (2, MADE)
    assert again(vault) == talk.session


def test_what_a_reply_brought_is_kept_too(talk: OpenSession, vault: Vault) -> None:
    talk.say("还有。")
    reply = reply_to(talk, "嗯。")
    made = Summary(made="妈妈病了，爸爸也病了。")
    talk.keep(replace(reply, session=replace(reply.session, unseen=4, summary=made)))
    talk.settle()

    assert talk.session.summary == made
    assert again(vault).summary == made
    assert again(vault).unseen == 4


@pytest.mark.usefixtures("talk")
def test_another_version_of_what_is_unseen_makes_it_void(vault: Vault) -> None:
    first = vault.sessions.turns("talk")[0].id

    vault.sessions.edit("talk", first, "换一句。")
    assert (again(vault).unseen, again(vault).summary) == (0, Summary())

    vault.sessions.choose("talk", first)
    assert again(vault).summary == MADE


@pytest.mark.usefixtures("talk")
def test_another_version_of_what_is_seen_does_not(vault: Vault) -> None:
    later = vault.sessions.turns("talk")[4].id

    vault.sessions.edit("talk", later, "换一句。")

    assert (again(vault).unseen, again(vault).summary) == (2, MADE)


def test_the_person_puts_it_otherwise(talk: OpenSession, vault: Vault) -> None:
    talk.rewrite_summary("  我叫小雨。 ")

    assert talk.session.summary == Summary("我叫小雨。", edition=1)
    assert again(vault).summary == talk.session.summary


def test_what_the_person_wrote_while_a_reply_was_written_stands(
    talk: OpenSession, vault: Vault
) -> None:
    talk.say("还有。")
    talk.write("嗯。")
    reply = reply_to(talk, "嗯。")

    talk.rewrite_summary("")
    talk.keep(reply)
    talk.settle()

    assert talk.session.summary == Summary(edition=1)
    assert talk.session.unseen == 2
    assert again(vault) == talk.session


OWN = "我叫小雨。"


def went(session: Session) -> Session:
    """The same when two turns more have gone."""
    made = Summary(session.summary.own, f"{MADE.made}\n第1句。", session.summary.edition)
    return replace(session, unseen=session.unseen + 2, summary=made)


def test_turns_that_went_while_the_person_read_what_stood_before_are_seen_again(
    talk: OpenSession, vault: Vault
) -> None:
    shown = talk.session.unseen
    talk.remember(went(talk.session))

    talk.rewrite_summary(OWN, shown)

    assert talk.session.unseen == shown == 2
    assert [turn.content for turn in talk.session.visible()[1:3]] == ["第1句。", "嗯1。"]
    assert again(vault) == talk.session


def test_turns_that_go_while_the_person_puts_it_otherwise_are_seen_again(
    talk: OpenSession, vault: Vault
) -> None:
    going = went(talk.session)
    talk.rewrite_summary(OWN, talk.session.unseen)

    assert not talk.remember(going)

    assert (talk.session.unseen, talk.session.summary) == (2, Summary(OWN, edition=1))
    assert again(vault) == talk.session


def test_turns_that_go_with_an_answer_meanwhile_are_seen_again(
    talk: OpenSession, vault: Vault
) -> None:
    talk.say("还有。")
    talk.write("嗯。")
    reply = reply_to(talk, "嗯。")
    talk.rewrite_summary(OWN, talk.session.unseen)

    talk.keep(replace(reply, session=went(reply.session)))
    talk.settle()

    assert (talk.session.unseen, talk.session.summary) == (2, Summary(OWN, edition=1))
    assert talk.session.turns[-1].content == "嗯。"
    assert again(vault) == talk.session


def test_what_goes_later_is_added_below_what_the_person_wrote(talk: OpenSession) -> None:
    shown = talk.session.unseen
    talk.remember(went(talk.session))
    talk.rewrite_summary(OWN, shown)
    longer = talk.session.add(*said(*["我爸爸去年失业了。", "嗯。"] * 8))
    asked = longer.add(Turn(Role.USER, "还有。"))

    def characters(turns: tuple[Turn, ...]) -> int:
        return sum(len(turn.content) for turn in turns)

    fitted = fit(asked, 150, characters, filled=0.5)

    assert fitted.unseen > shown + 2
    assert fitted.summary.text == f"{OWN}\n我爸爸去年失业了。"


NEWER = Summary(made="妈妈病了，爸爸也病了。")


@pytest.fixture
def due(talk: OpenSession) -> OpenSession:
    """A reply is on the disk; what it brought to remember is not."""
    talk.say("还有。")
    reply = reply_to(talk, "嗯。")
    talk.keep(replace(reply, session=replace(reply.session, unseen=4)))
    return talk


class MarkedLock:
    """A lock that says when somebody has to wait for it."""

    def __init__(self, waits: threading.Event) -> None:
        self._lock = threading.Lock()
        self._waits = waits
        self.release = self._lock.release

    def acquire(self, *, blocking: bool = True) -> bool:
        if self._lock.acquire(blocking=False):
            return True
        self._waits.set()
        return blocking and self._lock.acquire()

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


def before_the_first_note(vault: Vault, act: Callable[[], object]) -> None:
    """Have something done when what is to be noted is known, and the database has not heard it."""
    memories, keep = vault.sessions.memories, vault.sessions.memories.keep

    def late(session: str, note: str) -> None:
        del memories.keep  # type: ignore[method-assign]
        act()
        keep(session, note)

    memories.keep = late  # type: ignore[method-assign]


def test_no_older_note_of_another_thread_takes_the_place_of_what_the_person_wrote(
    due: OpenSession, vault: Vault
) -> None:
    goes_on = threading.Event()
    due._noting = MarkedLock(goes_on)  # type: ignore[assignment]

    def rewrite() -> None:
        due.rewrite_summary("我叫小雨。")
        goes_on.set()

    person = threading.Thread(target=rewrite)

    def written_meanwhile() -> None:
        person.start()
        assert goes_on.wait(PATIENCE_S)

    before_the_first_note(vault, written_meanwhile)
    due.settle()
    person.join()

    assert again(vault).summary == due.session.summary == Summary("我叫小雨。", edition=1)


def test_no_older_note_of_another_thread_takes_the_place_of_what_a_model_made(
    due: OpenSession, vault: Vault
) -> None:
    def made_meanwhile() -> None:
        newer = replace(due.session, unseen=6, summary=NEWER)
        model = threading.Thread(target=due.remember, args=(newer,))
        model.start()
        model.join()

    before_the_first_note(vault, made_meanwhile)
    due.settle()

    assert again(vault).summary == due.session.summary == NEWER


def test_who_remembers_waits_for_no_disk_that_another_thread_waits_for(
    due: OpenSession, vault: Vault
) -> None:
    with held_commits(vault.database) as held:
        settling = threading.Thread(target=due.settle)
        settling.start()
        assert held.one_waits.wait(PATIENCE_S)
        due.remember(replace(due.session, unseen=6, summary=NEWER))
        assert settling.is_alive(), "the disk has had none of it yet"
    settling.join()

    assert again(vault).summary == NEWER


def test_too_long_a_text_is_one_sentence_and_changes_nothing(
    talk: OpenSession, vault: Vault
) -> None:
    with pytest.raises(MessageError, match=str(LONGEST_SUMMARY + 1)):
        talk.rewrite_summary("长" * (LONGEST_SUMMARY + 1))
    with pytest.raises(MessageError, match="字符"):
        talk.rewrite_summary("a\ud800b")

    assert again(vault).summary == talk.session.summary == MADE


def test_off_the_record_it_is_in_memory_alone(vault: Vault, data_key: bytes) -> None:
    opened = off_the_record(said("第一句。", "嗯。", "第二句。", "嗯。"))
    opened.remember(replace(opened.session, unseen=2, summary=MADE))

    assert WORD.encode() not in decrypted(vault.files.history, data_key)
    back = off_the_record(opened.session.turns, opened.remembered)
    assert back.session == opened.session


@pytest.mark.usefixtures("talk")
def test_a_purge_takes_it_along(vault: Vault, data_key: bytes) -> None:
    assert WORD.encode() in decrypted(vault.files.history, data_key)

    vault.sessions.delete("talk")
    vault.sessions.purge("talk")

    assert WORD.encode() not in decrypted(vault.files.history, data_key)
    assert vault.sessions.memories.of("talk") is None


def test_one_that_is_gone_is_not_remembered(talk: OpenSession, vault: Vault) -> None:
    vault.sessions.delete("talk")
    vault.sessions.purge("talk")

    talk.remember(replace(talk.session, unseen=4))

    assert vault.sessions.memories.of("talk") is None


@pytest.mark.usefixtures("talk")
def test_a_rescue_carries_it_with_its_conversation(
    vault: Vault, folder: Path, data_key: bytes
) -> None:
    vault.database.rows("INSERT INTO document VALUES ('local.memory.lost', '{}', 1)")
    vault.close()
    flip_a_byte(folder / "history.db", page=1)

    with open_rescued(folder, data_key) as rescued:
        assert again(rescued).summary == MADE
        assert rescued.sessions.memories.of("lost") is None
