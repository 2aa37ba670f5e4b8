"""What stood in the window and not in the history, to be put back after locking and unlocking.

Which conversation was on the screen, what had been written and not sent, a message being said
otherwise or a summary being corrected, the conversations off the record, and a safety plan that
the disk refused. It leaves this module as bytes, for vault/parcel.py to seal; what was written and
not sent as drafts too, for vault/drafts.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from desktop_app.dialogue import Role, TurnState
from desktop_app.errors import KnownError
from desktop_app.vault.records import Draft
from desktop_app.views.conversation import Conversation
from desktop_app.views.message import Message
from desktop_app.views.sessions import Sessions

if TYPE_CHECKING:  # the database is loaded when a vault is opened, not when a window is
    from desktop_app.vault.drafts import Drafts


@dataclass(frozen=True, slots=True)
class Edit:
    """Something of the conversation on the screen, being put otherwise."""

    row: int | None
    """The message's; None for what the model remembers of it."""
    text: str
    unseen: int = 0
    """For so many messages what is remembered stood when it was shown."""


@dataclass(frozen=True, slots=True)
class PutBack:
    """What `put_back` came to."""

    shown: Conversation | None
    """Was on the screen; None where it is gone, or cannot be read."""
    edit: Edit | None
    """What is being put otherwise in it."""
    plan: str | None
    """A safety plan that could not be kept, as JSON."""
    errors: tuple[KnownError, ...]
    """One for each conversation that could not be read; the others are back."""


def noted(
    sessions: Sessions,
    shown: Conversation,
    edit: Edit | None = None,
    plan: str | None = None,
    *,
    damaged: bool = False,
) -> bytes:
    """Return what `sessions` holds that the history does not.

    Args:
        sessions: those of the list.
        shown: on the screen.
        edit: what is being put otherwise in it.
        plan: a safety plan that could not be kept, as JSON.
        damaged: the history is about to lose what cannot be read of it. The words written in such
            a conversation are then begun with anew; otherwise one that is gone was removed by the
            person, and they go with it.
    """
    here = (each for each in _here(sessions) if each is shown or _unkept(each))
    plain = [_plain(each, shown, damaged=damaged) for each in here]
    said_otherwise = None if edit is None else asdict(edit)
    whole = {"conversations": plain, "edit": said_otherwise, "plan": plan}
    return json.dumps(whole).encode()


def keep_drafts(
    drafts: Drafts, sessions: Sessions, shown: Conversation, deleted: Conversation | None = None
) -> None:
    """Keep in the history what was written and not sent; nothing of what is off the record.

    Args:
        drafts: the history's.
        sessions: those of the list. One that was never asked for has the draft it had.
        shown: on the screen.
        deleted: went into the trash just now, and its draft with it.

    Raises:
        VaultError: the disk is full, …
    """
    kept: dict[str | None, Draft] = {}
    begun = []
    for each in filter(None, (*_here(sessions), deleted)):
        if each.id is not None and not each.empty:
            kept[each.id] = Draft(each.draft, each is shown)
        elif each.id is not None and each is not deleted and each.draft:
            begun.append(each)
    kept[None] = Draft("\n\n".join(each.draft for each in begun), shown in begun)
    drafts.keep(kept)


def put_drafts_back(
    drafts: Drafts, sessions: Sessions
) -> tuple[Conversation | None, list[KnownError]]:
    """Begin again what was begun, with its draft; the others are read with their conversations.

    Returns the conversation that was on the screen, if it has a draft, and what went wrong: one
    that cannot be read keeps no other from coming back.
    """
    shown, errors = None, []
    try:
        kept = drafts.sessions()
    except KnownError as error:
        return None, [error]
    for session in kept:
        try:
            draft = drafts.of(session)
            row = sessions.begin() if session is None else sessions.row_of_session(session)
            if row is None or draft is None:  # it is in the trash
                continue
            if session is None:
                sessions.conversation(row).draft = draft.text
            if draft.shown:
                shown = sessions.conversation(row)
        except KnownError as error:
            errors.append(error)
    return shown, errors


def off_the_record(sessions: Sessions) -> bool:
    """Tell whether something was said that only the window's memory holds."""
    return any(each.id is None and not each.empty for each in _here(sessions))


def put_back(sessions: Sessions, note: bytes) -> PutBack:
    """Add what `noted` returned to the same history opened anew."""
    shown, errors = None, []
    whole = json.loads(note)
    for plain in reversed(whole["conversations"]):
        try:
            conversation = _put_back(sessions, plain)
        except KnownError as error:
            errors.append(error)
            continue
        if plain["shown"]:
            shown = conversation
    edit = None if whole["edit"] is None or shown is None else Edit(**whole["edit"])
    return PutBack(shown, edit, whole["plan"], tuple(errors))


def _put_back(sessions: Sessions, plain: dict[str, Any]) -> Conversation | None:
    """Put one conversation back, or find it, and give it its draft; None where it is gone.

    One in the trash has its draft there, kept before locking; one removed for good took its own
    along: a draft that was begun with anew would give those words back.
    """
    name, draft = plain["id"], plain["draft"]
    row = None if name is None else sessions.row_of_session(name)
    if row is not None:
        conversation = sessions.conversation(row)
        conversation.draft = draft
        return conversation
    if plain["said"]:
        conversation = sessions.conversation(
            sessions.go_on_off_the_record(_said(plain), plain["memory"])
        )
        conversation.draft = draft
        return conversation
    if name is not None and not plain["begun"]:
        return None
    # There is but one that is begun: it may hold the draft of another, or this one from the disk.
    conversation = sessions.conversation(sessions.begin(private=name is None))
    conversation.draft = _joined(draft, conversation.draft)
    return conversation


def _joined(draft: str, other: str) -> str:
    """Return both, the one that holds the other where one does."""
    if draft in other:
        return other
    return draft if other in draft else f"{draft}\n\n{other}"


def _said(plain: dict[str, Any]) -> list[Message]:
    return [Message(Role(role), text, TurnState(state)) for role, text, state in plain["said"]]


def _here(sessions: Sessions) -> Iterator[Conversation]:
    for row in range(sessions.rowCount()):
        conversation = sessions.at(row).conversation
        if conversation is not None:
            yield conversation


def _unkept(conversation: Conversation) -> bool:
    return bool(conversation.draft) or (conversation.id is None and not conversation.empty)


def _plain(conversation: Conversation, shown: Conversation, *, damaged: bool) -> dict[str, Any]:
    messages = conversation.messages
    said = range(messages.rowCount()) if conversation.id is None else ()
    rows = (messages.message(row) for row in said)
    return {
        "id": conversation.id,
        "begun": conversation.empty or damaged,
        "shown": conversation is shown,
        "draft": conversation.draft,
        "memory": conversation.remembered if conversation.id is None else None,
        "said": [(each.role, each.text, each.state) for each in rows],
    }
