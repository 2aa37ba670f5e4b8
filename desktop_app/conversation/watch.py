"""The guard at a message: how grave it is, and what is said before any model is asked.

Needs no engine: a person in danger is answered while the model is being loaded, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from desktop_app.care.guard.asked import asks_what_this_is, asks_who_is_told
from desktop_app.care.guard.fixed_replies import (
    FixedReply,
    heard,
    reply_when_asked,
    secrecy_first,
)
from desktop_app.care.guard.verdict import Level, Verdict
from desktop_app.dialogue import Role, Session
from resources.messages import Language, language_of

if TYPE_CHECKING:
    from desktop_app.care.guard.heard import Heard
    from desktop_app.care.guard.reading import Reading
    from desktop_app.care.guard.said import Said

REMEMBERED: Final = 30
"""Messages back in which it was told who does violence to the person."""
SAYS_LITTLE: Final = 4
"""Letters: "ok" and "no" do not tell what language somebody writes in."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What the guard made of a message."""

    verdict: Verdict
    reply: str | None = field(repr=False)
    """What answers it in the model's place; None where the model answers."""
    without_model: str | None = field(repr=False, default=None)
    """What answers a person in danger where no model can."""


def watch(session: Session, *messages: str) -> Watched:
    """Judge what is without a reply, oldest first, with what was said before in `session`.

    Each message is judged by itself, so that many others do not drown one.
    """
    from desktop_app.care.guard.another import OTHER  # noqa: PLC0415
    from desktop_app.care.guard.in_danger import next_words  # noqa: PLC0415 - numpy, after the start
    from desktop_app.care.guard.standing import standing  # noqa: PLC0415

    earlier = [turn.content for turn in session.turns if turn.role is Role.USER]
    replies = [turn.content for turn in session.turns if turn.role is Role.ASSISTANT]
    stand = standing(replies)
    stands = stand is not None
    of_another = stand is not None and stand.about == OTHER
    found = [
        next_words(
            _heard(text, [*earlier, *messages[:at]], stands=stands, of_another=of_another), replies
        )
        for at, text in enumerate(messages)
    ]
    # The last of the gravest: that is what the person said latest about it.
    gravest = max(reversed(found), key=lambda one: one.verdict.level.rank)
    said, without_model = [gravest.reply], [gravest.without_model]
    if asks_what_this_is(messages[-1]):
        for words in (said, without_model):
            words.insert(0, reply_when_asked(heard(replies), first=words[0] is not None))
    elif (stands or said[0] is not None) and asks_who_is_told(messages[-1]):
        for words in (said, without_model):
            words.insert(0, secrecy_first(heard(replies)))
    language = _language(messages[-1], earlier)
    return Watched(gravest.verdict, _text(said, language), _text(without_model, language))


def _heard(message: str, earlier: Sequence[str], *, stands: bool, of_another: bool) -> Heard:
    """Return what is known of a message: more where danger stands or is told."""
    from desktop_app.care.guard.another import (  # noqa: PLC0415
        anothers_danger,
        plainly_of_another,
        speaks_of_own_death,
    )
    from desktop_app.care.guard.answers import tells_at_length  # noqa: PLC0415
    from desktop_app.care.guard.company import feared_by  # noqa: PLC0415
    from desktop_app.care.guard.heard import Heard  # noqa: PLC0415
    from desktop_app.care.guard.message import (  # noqa: PLC0415 - numpy, after the start
        judged,
        recent_of,
        said_after,
    )
    from desktop_app.care.guard.mourning import (  # noqa: PLC0415
        deaths_told,
        lost_lately,
        tells_of_following,
    )
    from desktop_app.care.guard.reading import read  # noqa: PLC0415
    from desktop_app.care.guard.said import Said  # noqa: PLC0415
    from desktop_app.care.guard.subject import heard_of_another  # noqa: PLC0415
    from desktop_app.care.guard.witness import may_be_saved  # noqa: PLC0415

    recent = recent_of(earlier)
    said = Said.of(message, alone="") if stands else said_after(message, recent)
    with_history = judged(said, recent, earlier)
    verdict = with_history.verdict
    another = Level.EMERGENCY if may_be_saved(said.reading) else anothers_danger(said)
    plainly = another is not None and (plainly_of_another(said) or may_be_saved(said.reading))
    told = plainly or lost_lately(said) or tells_of_following(said)
    if verdict.level is Level.NONE and not stands and not told:
        return Heard(said, verdict, verdict)
    by_itself = judged(said) if earlier else with_history
    unheard = by_itself.verdict.level is Level.NONE and not plainly
    if (another is None or unheard) and not stands:
        alone = heard_of_another(said, recent, verdict, by_itself.verdict)
        another, unheard = alone or another, unheard and alone is None
    grave = stands or verdict.level.rank >= Level.HIGH.rank
    before = earlier[-REMEMBERED:] if grave else []
    readings = [*(read(text, alone="lasting") for text in before), said.reading]
    feared = feared_by(readings)
    return Heard(
        said,
        verdict,
        by_itself.verdict,
        another=None if unheard else another,
        says=_says(said, readings, harmed=feared is not None)
        | deaths_told(said, readings, recent, stands=stands, of_another=of_another),
        feared=feared,
        ordinary=by_itself.calm,
        calm_before=bool(earlier)
        and tells_at_length(earlier[-1])
        and judged(recent[-1]).verdict.level is Level.NONE,
        own_before=any("self" in each.concepts and speaks_of_own_death(each) for each in recent),
    )


def _says(said: Said, readings: Sequence[Reading], *, harmed: bool) -> frozenset[str]:
    """Return what a message says in so many words, and what the talk has told."""
    from desktop_app.care.guard.answers import tells  # noqa: PLC0415
    from desktop_app.care.guard.beside import INGESTED, PLACED  # noqa: PLC0415
    from desktop_app.care.guard.company import HARMED  # noqa: PLC0415
    from desktop_app.care.guard.deeds import deeds_in  # noqa: PLC0415
    from desktop_app.care.guard.told import told_by  # noqa: PLC0415

    says: set[str] = {*told_by(said.reading), *deeds_in(said.reading)}
    if harmed:
        says.add(HARMED)
    says |= {
        sign for sign in (PLACED, INGESTED) if any(tells(sign, each.worded) for each in readings)
    }
    return frozenset(says)


def in_language_of(message: str, words: FixedReply) -> str:
    """Return `words` in the language a person writes in, where that can be told."""
    return words.text[language_of(message)]


def _language(message: str, earlier: Sequence[str]) -> Language:
    """Return the language a person writes in; a message of a few letters tells little of it."""
    for text in (message, *reversed(earlier)):
        letters = sum(map(str.isalpha, text))
        if letters > SAYS_LITTLE or (letters and not text.isascii()):
            return language_of(text)
    return language_of(message)


def _text(words: Sequence[FixedReply | None], language: Language) -> str | None:
    return "\n\n".join(each.text[language] for each in words if each is not None) or None
