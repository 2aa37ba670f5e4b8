"""No waiting: the model that ships reads what is new and nothing twice, a restart in between too.

T is what the chat template adds around a message and the reply header.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from desktop_app.conversation.continuity import BYTES_A_SECOND, MUCH
from desktop_app.conversation.counsellor import Counsellor
from desktop_app.conversation.open_session import OpenSession, begun, kept, off_the_record
from desktop_app.conversation.opening import counsellor_for
from desktop_app.conversation.reply import Reply
from desktop_app.conversation.snapshots import Snapshots
from desktop_app.dialogue import Role, Session, Turn
from desktop_app.engine.protocol import Finished
from desktop_app.errors import BugError
from desktop_app.paths import app_paths
from desktop_app.vault.vault import Vault, open_with_passphrase
from tests.support.processes import SHOWN_TO_ROOT, family, look_into, wait_for_end
from tests.support.vault_disk import forms, traces
from tests.support.vault_fixtures import PASSPHRASE

MESSAGES = (
    "最近总是睡不好，躺下以后脑子里停不下来，一直在想白天没做完的事。",
    "主要是工作上的事。上个月换了新的组长，他对每件事都要求得很细。",
    "我试过跟他沟通，可是一开口就紧张，最后什么都没说出来。",
    "家里人说我想太多了，让我放宽心，可是听了反而更难受。",
)
ONE_MORE = "你觉得我是不是应该换一份工作？还是说，问题其实在我自己身上？"
TYPED = ("你觉得", "你觉得我是不是应该换一分工作", "你觉得我是不是应该换一份", ONE_MORE)
DRAFT = "还有一句没有说完的悄悄话"
SESSION = "talk"


@contextmanager
def opened(folder: Path, vault: Vault | None, **options: int) -> Iterator[Counsellor]:
    """A counsellor on the model that ships, in a process of its own, whose memory is kept."""
    with counsellor_for(None, app_paths(folder), **options) as counsellor:
        if vault is None:
            yield counsellor
        else:
            with counsellor.continuity.kept_in(Snapshots(vault.blobs, 1024)):
                yield counsellor


def answered(counsellor: Counsellor, session: Session, message: str) -> Finished:
    """The reply of the most likely tokens, which nobody keeps."""
    return reply_to(counsellor, session, message).finished


def reply_to(counsellor: Counsellor, session: Session, message: str) -> Reply:
    greedy = counsellor.sampling.greedy()
    *_, reply = counsellor.answer(session, message, sampling=greedy)
    assert isinstance(reply, Reply)
    return reply


def say(counsellor: Counsellor, session: OpenSession, message: str) -> Finished:
    session.say(message)
    reply = reply_to(counsellor, session.session, session.question())
    session.write(reply.finished.text)
    session.keep(reply)
    session.settle()
    return reply.finished


def tokens_of(counsellor: Counsellor, message: str) -> int:
    count = counsellor.engine.count
    return count((Turn(Role.USER, message),)) - count((Turn(Role.USER, ""),))


def added_by_template(counsellor: Counsellor) -> int:
    user, assistant = Turn(Role.USER, ""), Turn(Role.ASSISTANT, "")
    count = counsellor.engine.count
    return count((user, assistant, user)) - count((user,))


def wanted() -> bool:
    return True


def snapshots(vault: Vault) -> list[Path]:
    return list(vault.files.blobs.glob("*"))


@dataclass(slots=True)
class Story:
    """One conversation: held, sealed, and gone on with in three ways."""

    template: int = 0
    message: int = 0
    """Tokens of ONE_MORE."""
    turns: list[tuple[int, Finished]] = field(default_factory=list)
    """Tokens of each message, and what its reply cost."""
    opening: int = 0
    """Tokens read ahead after the last reply."""
    without_restart: Finished | None = None
    after_restart: Finished | None = None
    typed: list[int] = field(default_factory=list)
    """Tokens read ahead for each of TYPED, after the restart."""
    typed_ahead: Finished | None = None
    found: list[tuple[str, str]] = field(default_factory=list)
    child_saw: bytes = b""


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, made: tuple[Path, bytes]) -> Story:
    base = tmp_path_factory.mktemp("story")
    told, folder = Story(), base / "data" / "vault"
    shutil.copytree(made[0], folder)
    with open_with_passphrase(folder, PASSPHRASE) as vault:
        session = begun(vault.sessions, SESSION)
        with opened(base, vault) as counsellor:
            told.template = added_by_template(counsellor)
            told.message = tokens_of(counsellor, ONE_MORE)
            for message in MESSAGES:
                cost = say(counsellor, session, message)
                told.turns.append((tokens_of(counsellor, message), cost))
            told.opening = counsellor.read_ahead(session.session, "", wanted)
            counsellor.read_ahead(session.session, DRAFT, wanted)
        told.found = [each for text in (*MESSAGES, DRAFT) for each in traces(base, text[:8])]
        with opened(base, vault) as counsellor:
            session, _ = kept(vault.sessions, SESSION)
            before = session.session
            told.after_restart = say(counsellor, session, ONE_MORE)
            for typed in TYPED:
                told.typed.append(counsellor.read_ahead(before, typed, wanted))
            told.typed_ahead = answered(counsellor, before, ONE_MORE)
            if os.geteuid() == 0:
                told.child_saw = b"".join(
                    each.arguments + each.environment
                    for each in map(look_into, family(counsellor.engine.start().pid))
                )
        with opened(base, None) as counsellor:  # the same conversation, without an end
            session = off_the_record()
            for message in MESSAGES:
                say(counsellor, session, message)
            told.without_restart = say(counsellor, session, ONE_MORE)
    return told


def test_a_later_turn_evaluates_its_message_and_the_template(story: Story) -> None:
    assert story.template == 10
    for message, cost in story.turns[1:]:
        assert cost.stop == "end"
        assert cost.evaluated_tokens <= message + story.template + 2


def test_what_stands_before_the_next_message_is_read_after_the_reply(story: Story) -> None:
    assert 0 < story.opening <= story.template


def test_after_a_restart_the_same_bound_holds(story: Story) -> None:
    assert story.after_restart is not None
    assert story.after_restart.prompt_tokens > 150
    assert story.after_restart.evaluated_tokens <= story.message + story.template + 2


def test_a_restart_changes_no_token_of_the_reply(story: Story) -> None:
    assert story.after_restart is not None
    assert story.without_restart is not None
    assert story.after_restart.text == story.without_restart.text != ""
    assert story.after_restart.reply_tokens == story.without_restart.reply_tokens
    assert story.after_restart.prompt_tokens == story.without_restart.prompt_tokens


def test_what_is_typed_is_read_while_it_is_typed(story: Story) -> None:
    first, longer, shorter, whole = story.typed

    assert first > 0
    assert longer > shorter
    assert whole > 0
    assert sum(story.typed) <= story.message + story.template + 12


def test_after_enter_only_the_template_is_left(story: Story) -> None:
    assert story.typed_ahead is not None
    assert story.typed_ahead.evaluated_tokens <= story.template + 2


def test_typing_ahead_changes_no_word_of_the_reply(story: Story) -> None:
    assert story.typed_ahead is not None
    assert story.after_restart is not None
    assert story.typed_ahead.text == story.after_restart.text


def test_nothing_of_it_can_be_read_on_the_disk(story: Story) -> None:
    assert story.found == []


@SHOWN_TO_ROOT
def test_arguments_and_environment_of_the_child_show_nothing(story: Story) -> None:
    assert b"desktop_app.engine.worker" in story.child_saw
    for text in (*MESSAGES, ONE_MORE, DRAFT):
        assert all(form not in story.child_saw for form in forms(text[:8]).values())


def test_the_conversation_before_is_sealed_when_another_is_entered(
    vault: Vault, tmp_path: Path
) -> None:
    one, other = begun(vault.sessions, "one"), begun(vault.sessions, "other")
    with opened(tmp_path, vault) as counsellor:
        say(counsellor, one, MESSAGES[0])
        assert snapshots(vault) == []
        say(counsellor, other, MESSAGES[1])
        assert len(snapshots(vault)) == 1

        back = say(counsellor, one, MESSAGES[2])

        template = added_by_template(counsellor)
        assert back.evaluated_tokens <= tokens_of(counsellor, MESSAGES[2]) + template + 2
    assert len(snapshots(vault)) == 2


def test_off_the_record_nothing_is_sealed(vault: Vault, tmp_path: Path) -> None:
    with opened(tmp_path, vault) as counsellor:
        say(counsellor, off_the_record(), MESSAGES[0])
        say(counsellor, off_the_record(), MESSAGES[1])

    assert snapshots(vault) == []


def test_a_conversation_removed_for_good_takes_it_along(vault: Vault, tmp_path: Path) -> None:
    with opened(tmp_path, vault) as counsellor:
        say(counsellor, begun(vault.sessions, SESSION), MESSAGES[0])
    assert len(snapshots(vault)) == 1

    vault.sessions.delete(SESSION)
    vault.sessions.purge(SESSION)

    assert snapshots(vault) == []


def test_one_removed_while_it_was_in_memory_is_not_sealed(vault: Vault, tmp_path: Path) -> None:
    with opened(tmp_path, vault) as counsellor:
        say(counsellor, begun(vault.sessions, SESSION), MESSAGES[0])
        vault.sessions.delete(SESSION)
        vault.sessions.purge(SESSION)

    assert snapshots(vault) == []


@pytest.mark.parametrize("fault", ["damaged", "cut", "of other settings"])
def test_what_does_not_fit_is_removed_and_the_reply_is_right(
    vault: Vault, tmp_path: Path, fault: str
) -> None:
    session = begun(vault.sessions, SESSION)
    options = {"n_ctx": 512} if fault == "of other settings" else {}
    with opened(tmp_path, vault, **options) as counsellor:
        say(counsellor, session, MESSAGES[0])
        before = session.session
        say(counsellor, session, MESSAGES[1])
    (file,) = snapshots(vault)
    sealed = file.read_bytes()
    if fault == "damaged":
        file.write_bytes(sealed[:1000] + bytes([sealed[1000] ^ 1]) + sealed[1001:])
    elif fault == "cut":
        file.write_bytes(sealed[: len(sealed) // 2])

    with opened(tmp_path, None) as counsellor:
        right = answered(counsellor, before, MESSAGES[1])
    with opened(tmp_path, vault) as counsellor:
        reply = answered(counsellor, before, MESSAGES[1])

        assert reply.evaluated_tokens == reply.prompt_tokens
        assert not file.exists()
        assert reply.text == right.text


def test_a_child_that_died_is_given_back_what_was_sealed(vault: Vault, tmp_path: Path) -> None:
    session = begun(vault.sessions, SESSION)
    with opened(tmp_path, vault) as counsellor:
        say(counsellor, session, MESSAGES[0])
        counsellor.continuity.seal()
        child = os.pidfd_open(counsellor.engine.start().pid)
        counsellor.engine.kill()
        wait_for_end(child)

        after = say(counsellor, session, MESSAGES[1])

        template = added_by_template(counsellor)
        assert after.evaluated_tokens <= tokens_of(counsellor, MESSAGES[1]) + template + 2


@pytest.mark.parametrize("error", [BugError("a promise"), MemoryError()], ids=["bug", "memory"])
@pytest.mark.parametrize("what", ["snapshot", "restore"])
def test_whatever_goes_wrong_with_a_snapshot_the_reply_comes(
    vault: Vault,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    error: Exception,
) -> None:
    one, other = begun(vault.sessions, "one"), begun(vault.sessions, "other")

    def fails(*_: object, **__: object) -> None:
        raise error

    with opened(tmp_path, vault) as counsellor:
        say(counsellor, one, MESSAGES[0])
        say(counsellor, other, MESSAGES[1])
        monkeypatch.setattr(counsellor.engine, what, fails)

        assert say(counsellor, one, MESSAGES[2]).stop == "end"


def test_a_few_words_more_are_sealed_after_a_rest_that_grows_with_what_is_written(
    vault: Vault, tmp_path: Path
) -> None:
    session = begun(vault.sessions, SESSION)
    with opened(tmp_path, vault) as counsellor:
        continuity = counsellor.continuity
        say(counsellor, session, MESSAGES[0])
        assert continuity.due_after == 0
        continuity.seal()
        (file,) = snapshots(vault)

        say(counsellor, session, MESSAGES[1])

        assert continuity.unsealed
        assert continuity.due_after == pytest.approx(file.stat().st_size / BYTES_A_SECOND, rel=0.1)
        while tokens_of(counsellor, "".join(t.content for t in session.session.turns)) < 2 * MUCH:
            say(counsellor, session, ONE_MORE)
        assert continuity.due_after == 0
        continuity.seal()
        assert not continuity.unsealed
        continuity.has_read(session.session)
        continuity.has_read(session.session, MUCH)
        assert continuity.due_after == 0
