"""Bringing conversations into a history: what it lacks is added, what it has stays as it is.

Conversations are the same when their ids are. Within one, a turn is the same as another that
follows the same turn when role and time agree and so does the text, or one side has only the
beginning of it: a reply that was still growing when a copy was made, or was broken off. It is there
as far as either side has it. A turn that was lost to damage is filled by the one that stands in its
place, and so is a title, and whether the conversation was deleted (lost.py). One without a title
takes that which comes: whether it never had one or lost it on purpose stands nowhere, and the
second is mended by a word. What is left over becomes a version beside what is there, so neither
side overwrites the other, and bringing the same in again adds nothing. Of a document the later one
wins.

Who speaks meanwhile waits for the one transaction that it is, so what can be done before is done
before, and the words are taken in afterwards, some at a time: a crash in between leaves that to the
next opening. Whoever merges waits for a reply in progress first (`Database.undisturbed`). Locking
does not wait: it has the transaction rolled back (`Database.give_up`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from desktop_app.dialogue import TurnState
from desktop_app.vault import branches
from desktop_app.vault.carried import CarriedSession, CarriedTurn, Placed, placed_turns
from desktop_app.vault.crash_points import crash_point
from desktop_app.vault.damage import readable_rows
from desktop_app.vault.database import Database
from desktop_app.vault.documents import Document, later, take
from desktop_app.vault.errors import VaultError
from desktop_app.vault.interruptible import Work
from desktop_app.vault.lost import found_again, is_lost, note_lost
from desktop_app.vault.own_time import not_before_the_newest, note_ahead
from desktop_app.vault.records import title_of
from desktop_app.vault.same_turns import chosen_turns, compared, completes, fills
from desktop_app.vault.trash import is_kept
from desktop_app.vault.word_index import index_missing, index_turn
from resources.messages import sentence

WORDS_OF: Final = 100
"""Turns at a time, some 20 ms: nobody who speaks meanwhile waits for longer."""


@dataclass(frozen=True, slots=True)
class Gain:
    """What bringing conversations in adds, or would add."""

    sessions: int = 0
    """So many came, or would."""
    new_sessions: int = 0
    """Conversations that were not there, and are not in the trash."""
    trashed_sessions: int = 0
    """Conversations that were not there, and come into the trash."""
    continued_sessions: int = 0
    """Conversations that are there already and get turns they lacked."""
    new_turns: int = 0
    completed_turns: int = 0
    """Replies that are there in part and become as long as they are in what comes."""
    regained_sessions: int = 0
    """Conversations whose title, and whether they were deleted, had been lost to damage."""
    titled_sessions: int = 0
    """Conversations that are there without a title and get that which comes."""
    untitled_sessions: int = 0
    """Conversations that were not there, and come without these: they are lost there too."""
    trashed_here: int = 0
    """Conversations that lie in the trash here and stay there, whether or not they get messages."""
    newer_documents: int = 0
    """Documents (the safety plan) that are lacking here or older."""
    trash_is_kept: bool = True
    """Deleted conversations are kept here for their days, not only until the history is closed."""

    def __bool__(self) -> bool:
        turns, rows = self.new_turns or self.completed_turns, self.regained_sessions
        return bool(turns or rows or self.titled_sessions or self.newer_documents)

    def besides(self, tense: str) -> list[str]:
        """Return what is to be said besides new conversations and messages; often nothing.

        Args:
            tense: the catalogue's `backup.would` or `backup.has`.
        """
        counts = {
            "trashed": self.trashed_sessions,
            "completed": self.completed_turns,
            "regained": self.regained_sessions,
            "titled": self.titled_sessions,
            "untitled": self.untitled_sessions,
            "in_trash": self.trashed_here,
        }
        said = [sentence(f"{tense}_{what}", count=n) for what, n in counts.items() if n]
        if (self.trashed_sessions or self.trashed_here) and not self.trash_is_kept:
            said.append(sentence("backup.trash_not_kept"))
        return said

    def told(self, some: str, none: str) -> str:
        """Return what came in as one paragraph; the catalogue's keys, for something and nothing."""
        came = (
            sentence(some, new_sessions=self.new_sessions, new_turns=self.new_turns)
            if self
            else sentence(none)
        )
        return " ".join([came, *self.besides("backup.has")])

    def plus(
        self,
        session: CarriedSession,
        *,
        is_new: bool,
        turns: int,
        completed: int,
        regained: bool,
        titled: bool,
        in_trash: bool,
    ) -> Gain:
        """Return the gain with one more conversation."""
        trashed = session.deleted is not None
        return replace(
            self,
            sessions=self.sessions + 1,
            new_sessions=self.new_sessions + (is_new and not trashed),
            trashed_sessions=self.trashed_sessions + (is_new and trashed),
            continued_sessions=self.continued_sessions + (turns > 0 and not is_new),
            new_turns=self.new_turns + turns,
            completed_turns=self.completed_turns + completed,
            regained_sessions=self.regained_sessions + regained,
            titled_sessions=self.titled_sessions + titled,
            untitled_sessions=self.untitled_sessions + (is_new and session.row_lost),
            trashed_here=self.trashed_here + in_trash,
        )


def gain(
    database: Database,
    incoming: Iterable[CarriedSession],
    documents: Iterable[Document] = (),
) -> Gain:
    """Return what `merge` would add."""
    found = Gain(newer_documents=len(later(database, documents)), trash_is_kept=is_kept(database))
    for session in incoming:
        database.check_given_up()
        present = placed_turns(database, session.id)
        pairs = list(compared(present, session))
        turns = sum(
            1 for turn, same in pairs if turn.content and (same is None or fills(same.turn, turn))
        )
        completed = sum(1 for turn, same in pairs if same and completes(same.turn, turn))
        found = found.plus(
            session,
            is_new=not present and turns > 0,
            turns=turns,
            completed=completed,
            regained=_is_regained(database, session),
            titled=_is_titled(database, session),
            in_trash=_is_trashed(database, session),
        )
    return found


def merge(
    database: Database,
    incoming: Iterable[CarriedSession],
    now: int,
    documents: Iterable[Document] = (),
) -> Gain:
    """Add what is lacking, all of it or nothing.

    Args:
        database: of the newest schema; no reply is growing in it (`Database.undisturbed`).
        incoming: conversations; where one is in the trash, it will be from `now` on, or from
            the newest turn on where the clock stands before that, as with `Sessions.delete`.
        now: milliseconds since 1970, for a conversation of which no time is known. A turn without
            one has that of the turn it follows, or else its conversation's.
        documents: taken in where they are later than what is there.

    Raises:
        GivenUpError: the history is being closed; nothing was added.
        VaultError: the disk is full, …; nothing was added.
    """
    with database.at(Work.BRINGING_IN):
        coming = list(_unless_given_up(database, incoming))
        documents = list(documents)
        times = (time or 0 for session in coming for time in _times(session))
        latest = max(times, default=0)
        known = not_before_the_newest(database, now)  # before what comes is among the turns
        with database.transaction():
            if latest > now:
                note_ahead(database, latest, known)
            taken = take(database, documents)
            found = Gain(newer_documents=taken, trash_is_kept=is_kept(database))
            for session in coming:
                present = placed_turns(database, session.id)
                is_new = not present and any(turn.content for turn in session.turns)
                in_trash = _is_trashed(database, session)
                if is_new:
                    _add_session(database, session, now, trashed=known)
                regained = _is_regained(database, session)
                titled = _is_titled(database, session)
                if titled:
                    _give_title(database, session)
                if regained:
                    _regain(database, session, present, trashed=known)
                turns, completed = _add_turns(database, session, present, now)
                found = found.plus(
                    session,
                    is_new=is_new,
                    turns=turns,
                    completed=completed,
                    regained=regained,
                    titled=titled,
                    in_trash=in_trash,
                )
            database.check_given_up_at_last()
    crash_point("merge.committed")
    with suppress(VaultError):  # the log is as large as what came: nobody is to wait for it later
        database.checkpoint()
    with suppress(VaultError):  # a full disk, or it is being closed; the next opening goes on
        index_missing(database, WORDS_OF)
    return found


def _unless_given_up(
    database: Database, incoming: Iterable[CarriedSession]
) -> Iterator[CarriedSession]:
    for session in incoming:
        database.check_given_up()
        yield session


def _times(session: CarriedSession) -> Iterator[int | None]:
    yield session.created
    for turn in session.turns:
        yield turn.created


def _add_session(database: Database, session: CarriedSession, now: int, *, trashed: int) -> None:
    created = now if session.created is None else session.created
    deleted = None if session.deleted is None else trashed
    database.rows(
        "INSERT INTO session(id, title, created, deleted) VALUES (?, ?, ?, ?)",
        (session.id, title_of(session.title), created, deleted),
    )
    if session.row_lost:  # else a backup that knows the row would not bring it back later
        note_lost(database, [session.id], [])


def _is_trashed(database: Database, session: CarriedSession) -> bool:
    """Tell whether a conversation lies in the trash here."""
    statement = "SELECT 1 FROM session WHERE id = ? AND deleted IS NOT NULL"
    return bool(readable_rows(database, statement, [(session.id,)]))


def _is_regained(database: Database, session: CarriedSession) -> bool:
    """Tell whether what comes knows the row of a session, and here it was lost."""
    return not session.row_lost and is_lost(database, session.id)


def _is_titled(database: Database, session: CarriedSession) -> bool:
    """Tell whether what comes has a title, and here there is none, though its row was not lost."""
    statement = "SELECT 1 FROM session WHERE id = ? AND title = ''"
    return (
        bool(title_of(session.title))
        and not is_lost(database, session.id)
        and bool(readable_rows(database, statement, [(session.id,)]))
    )


def _give_title(database: Database, session: CarriedSession) -> None:
    values = (title_of(session.title), session.id)
    database.rows("UPDATE session SET title = ? WHERE id = ?", values)


def _regain(
    database: Database, session: CarriedSession, present: list[Placed], *, trashed: int
) -> None:
    """Give a session its row again; into the trash it goes only if nothing was said in it since."""
    known = {same.id for _, same in compared(present, session) if same is not None}
    since = any(each.id not in known for each in present if each.turn.content)
    deleted = session.deleted is not None and not since
    title = title_of(session.title)
    found_again(database, session.id, title, deleted=trashed if deleted else None)


def _add_turns(
    database: Database, session: CarriedSession, present: list[Placed], now: int
) -> tuple[int, int]:
    """Add what is lacking; return how many turns, and how many replies were completed."""
    pairs = list(compared(present, session))
    chosen = chosen_turns(present, pairs)
    _choose_again(database, present, chosen)
    continued = {each.parent for each in present if each.id in chosen}
    begun = now if session.created is None else session.created
    ids: list[int] = []
    times: list[int] = []
    added = completed = 0
    for turn, same in pairs:
        database.check_given_up()
        created = _when(turn, same, begun if turn.after is None else times[turn.after])
        times.append(created)
        parent = 0 if turn.after is None else ids[turn.after]
        if same is not None:
            ids.append(same.id)
            if fills(same.turn, turn):
                _fill(database, same.id, turn, created)
                added += 1
            elif completes(same.turn, turn):
                _complete_turn(database, same.id, turn)
                completed += 1
            continue
        if not turn.content:  # nobody said anything; what followed it follows what it followed
            ids.append(parent)
            continue
        on_path = turn.chosen and parent in chosen and parent not in continued
        number = _add_turn(database, session.id, turn, parent, on_path=on_path, created=created)
        ids.append(number)
        added += 1
        if on_path:
            chosen.add(number)
            continued.add(parent)
    if ids and chosen == {0}:  # what is shown where it comes from holds no text: a picture
        branches.show_newest(database, session.id)
    return added, completed


def _when(turn: CarriedTurn, same: Placed | None, before: int) -> int:
    """Return when a turn was said; where neither side knows, when what it follows was: `before`."""
    if turn.created is not None:
        return turn.created
    here = None if same is None else same.turn.created
    return before if here is None else here


def _add_turn(
    database: Database,
    session: str,
    turn: CarriedTurn,
    parent: int,
    *,
    on_path: bool,
    created: int,
) -> int:
    ((number,),) = database.rows(
        "INSERT INTO turn(session, role, state, content, created, parent, chosen)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (session, turn.role, _ended(turn), turn.content, created, parent, int(on_path)),
    )
    assert isinstance(number, int)
    return number  # its words are taken in later


def _choose_again(database: Database, present: list[Placed], chosen: set[int]) -> None:
    for each in present:
        if each.turn.chosen is not (each.id in chosen):
            values = (int(each.id in chosen), each.id)
            database.rows("UPDATE turn SET chosen = ? WHERE id = ?", values)


def _fill(database: Database, lost: int, turn: CarriedTurn, created: int) -> None:
    """Give a turn that was lost to damage its text again, and who spoke."""
    database.rows(
        "UPDATE turn SET role = ?, content = ?, state = ?, created = ? WHERE id = ?",
        (turn.role, turn.content, _ended(turn), created, lost),
    )
    index_turn(database, lost, turn.content)


def _complete_turn(database: Database, number: int, turn: CarriedTurn) -> None:
    """Let a reply go on as far as it does in what comes; its beginning is the same."""
    database.rows(
        "UPDATE turn SET content = ?, state = ? WHERE id = ?", (turn.content, _ended(turn), number)
    )
    index_turn(database, number, turn.content)


def _ended(turn: CarriedTurn) -> TurnState:
    return TurnState.INTERRUPTED if turn.state is TurnState.GROWING else turn.state
