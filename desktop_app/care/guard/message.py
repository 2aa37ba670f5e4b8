"""What a person writes, judged: rules on the message, classifier on it together with the history.

One message can be harmless where several are not, and a heavy past makes no alarm of an ordinary
one: the classifier reads the last few and the new one, and knows which is which. "Only joking" does
not undo what was said: a recent message in which a rule heard high danger keeps the next ones at
concern, unless they are clearly ordinary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from desktop_app.care.guard.another import speaks_of_own_death
from desktop_app.care.guard.answers import Sign, tells
from desktop_app.care.guard.classifier import Classifier, Form, Seen, Thresholds, shipped
from desktop_app.care.guard.deeds import deeds_in, weighed
from desktop_app.care.guard.features import features
from desktop_app.care.guard.grief import OF_DANGER
from desktop_app.care.guard.joined import joined
from desktop_app.care.guard.reading import together
from desktop_app.care.guard.rules import Hit, hits, least, most
from desktop_app.care.guard.said import Said
from desktop_app.care.guard.tokens import sequence
from desktop_app.care.guard.told import raised, told_by, tried_before
from desktop_app.care.guard.verdict import ACTIONS, Category, Level, Verdict
from desktop_app.care.guard.whose import done_to_the_writer

RECENT: Final = 4
"""So many earlier messages count."""
ORDINARY: Final = 0.75
"""So far below what is a concern (log odds), a message is clearly ordinary: it keeps nothing up."""
UNREAD: Final = 2.5
"""The same where the danger was told before all that the classifier reads."""
TOGETHER: Final = 3
"""So many of them are read together with the new one."""
ALONE: Final = 1.0
"""Below it (log odds of risk) a short message that stands alone is none, whatever the head for
emergencies says: "I am here" and "bye" end many a last message, and begin most of the others."""
HEAVY: Final = OF_DANGER | {"bye", "letter", "die", "kill", "pain", "threat", "unreached"}
"""Concepts after which an errand is no mere errand."""
BRIEF: Final = 40
"""Characters: a message that says one thing."""


@dataclass(frozen=True, slots=True, eq=False)
class InContext:
    """A message with those before it."""

    new: Said
    recent: tuple[Said, ...]
    hits: tuple[Hit, ...]
    """Of all that are read together."""
    seen: Seen
    form: Form
    most: Level
    """What the classifier may reach."""

    @classmethod
    def of(cls, new: Said, recent: Sequence[Said] = ()) -> InContext:
        """Return a message and what is read with it; the `recent` ones come oldest first."""
        near = recent[-TOGETHER:]
        whole = together([*(said.reading for said in near), new.reading]) if near else new.reading
        found = tuple(hits(whole)) if near else new.hits
        row, before = sequence(new.tokens, [said.tokens for said in near])
        return cls(
            new=new,
            recent=tuple(recent),
            hits=found,
            seen=Seen(features(whole, list(found)), row, before),
            form=Form.of(new.reading.text, told=bool(near)),
            most=_not_taken_back(most(whole, found), new) if near else most(whole, found),
        )

    @property
    def kept(self) -> Level:
        """What is left of the danger told before: one level less, concern for some messages."""
        joking = "joke" in self.new.concepts
        levels = [said.told for said in self.recent]
        worst = max(levels, key=_rank, default=Level.NONE)
        if worst.rank < Level.HIGH.rank:
            return Level.CONCERN if worst is Level.CONCERN and joking else Level.NONE
        just_now = levels[-1] is Level.EMERGENCY
        return Level.HIGH if just_now and joking else Level.CONCERN

    @property
    def ordinary(self) -> float:
        """How far below a concern it keeps nothing up."""
        worst = [
            max((said.told for said in part), key=_rank, default=Level.NONE)
            for part in (self.recent[-TOGETHER:], self.recent)
        ]
        return ORDINARY if worst[0] is worst[1] else UNREAD


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A message that was judged."""

    verdict: Verdict
    calm: bool
    """Clearly ordinary: nothing at all in it, nor in those before it, speaks for danger."""


def judge_message(
    text: str, history: Sequence[str] = (), *, classifier: Classifier | None = None
) -> Verdict:
    """Return the verdict on a person's message.

    Args:
        text: the message.
        history: the person's earlier messages, oldest first; the last few count.
        classifier: another than the one that ships, for measuring it.
    """
    recent = recent_of(history)
    return judged(said_after(text, recent), recent, history, classifier=classifier).verdict


def recent_of(history: Sequence[str]) -> tuple[Said, ...]:
    """Return the earlier messages that count, read, oldest first."""
    return tuple(said_before(message) for message in history[-RECENT:] if message.strip())


def said_before(message: str) -> Said:
    """Return an earlier message, read: a place where nothing was meant is still where they are."""
    return Said.of(message, alone="lasting")


def said_after(message: str, recent: Sequence[Said]) -> Said:
    """Return a message, read; after whatever is heavy, nothing in it is harmless by itself."""
    return Said.of(message, alone="" if any(_is_heavy(each) for each in recent) else "core")


def _is_heavy(said: Said) -> bool:
    return bool(said.hits or said.concepts & HEAVY) or tells(Sign.DARK, said.text)


def judged(
    new: Said,
    recent: Sequence[Said] = (),
    history: Sequence[str] = (),
    *,
    classifier: Classifier | None = None,
) -> Judged:
    """Return what is made of a message; the arguments are those of `judge_message`, read."""
    judge = classifier or shipped()
    context = InContext.of(new, recent)
    scores = judge.scores(context.seen)
    limit = judge.thresholds[context.form]
    joke = "joke" in new.concepts
    unheard = new.told is Level.NONE and not joke
    calm = unheard and scores["risk"] < limit.concern - UNREAD
    by_score = min(_score_level(scores, limit, context.form), context.most, key=_rank)
    level = max(_by_rules(new.hits, scores, limit), by_score, key=_rank)
    if joke or scores["risk"] >= limit.concern - context.ordinary:
        level = max(level, context.kept, key=_rank)
    named = () if level is Level.NONE else _categories(level, context, scores)
    if level is Level.NONE and tried_before(new.reading, history):
        level, named = Level.CONCERN, (Category.SUICIDE,)
    verdict = Verdict(level, named, ACTIONS[level])
    brief = len(new.reading.text) < BRIEF
    raised_by_words = raised(verdict, told_by(new.reading), brief=brief)
    with_others = joined(raised_by_words, new.reading, history)
    return Judged(_with_deeds(with_others, new), calm)


def _with_deeds(verdict: Verdict, new: Said) -> Verdict:
    deeds = deeds_in(new.reading)
    if not deeds:
        return verdict
    harmed = done_to_the_writer(new.reading)
    return weighed(verdict, deeds, own_death=speaks_of_own_death(new), harmed=harmed)


def _not_taken_back(level: Level, new: Said) -> Level:
    """Return what the classifier may reach: an emergency that is taken back is high."""
    return min(level, Level.HIGH, key=_rank) if "joke" in new.concepts else level


def _rank(level: Level) -> int:
    return level.rank


def _by_rules(found: Sequence[Hit], scores: dict[str, float], limit: Thresholds) -> Level:
    """Return the level that rules ask for, lowered to concern where all else looks harmless."""
    told = list(found)
    if scores["risk"] < limit.sober_wish:
        told = [hit for hit in told if not hit.rule.wish]
    if scores["risk"] + scores["emergency"] < limit.sober:
        told = [hit for hit in told if hit.rule.wish]
    return max(min(least(found), Level.CONCERN, key=_rank), least(told), key=_rank)


def _score_level(scores: dict[str, float], limit: Thresholds, form: Form) -> Level:
    if form is Form.SHORT and scores["risk"] < ALONE:
        return Level.NONE
    if scores["emergency"] >= limit.emergency:
        return Level.EMERGENCY
    if scores["risk"] + scores["emergency"] >= limit.high:
        return Level.HIGH
    return Level.CONCERN if scores["risk"] >= limit.concern else Level.NONE


def _categories(level: Level, context: InContext, scores: dict[str, float]) -> tuple[Category, ...]:
    concepts = context.new.concepts
    named = {one for hit in context.hits if hit.counts for one in hit.rule.categories}
    heads = {name: scores[name] for name in ("suicide", "self_harm", "harm_to_others", "abuse")}
    named |= {Category(name) for name, score in heads.items() if score >= 0}
    if not named:
        named.add(Category(max(heads, key=heads.__getitem__)))
    if "minor" in concepts:
        named.add(Category.MINOR_AT_RISK)
    if "medical" in concepts and level.rank >= Level.HIGH.rank:
        named.add(Category.MEDICAL_EMERGENCY)
    return tuple(one for one in Category if one in named)
