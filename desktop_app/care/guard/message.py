"""What a person writes, judged: rules and classifier on the message, then the recent history.

One message can be harmless where several are not, and "only joking" does not undo what was said:
a recent message of high level keeps the next ones at concern, unless they are clearly ordinary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from desktop_app.care.guard.classifier import Classifier, Form, Thresholds, shipped
from desktop_app.care.guard.features import features
from desktop_app.care.guard.reading import Reading, read, together
from desktop_app.care.guard.rules import Hit, hits, least, most
from desktop_app.care.guard.verdict import ACTIONS, Category, Level, Verdict

RECENT: Final = 4
"""So many earlier messages count."""
ORDINARY: Final = 2.5
"""So far below what is a concern (log odds), a message is clearly ordinary: it keeps nothing up."""
TOGETHER: Final = 3
"""So many of them are read together with the new one."""
LONGEST: Final = 4000
"""Characters of a message that are read: its beginning and its end, half each."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One text by itself."""

    level: Level
    categories: tuple[Category, ...]
    concepts: frozenset[str]
    above: float
    """How far the classifier's score for risk is above what is a concern (log odds)."""

    @property
    def ordinary(self) -> bool:
        """Tell whether nothing at all speaks for danger, taking back what was said included."""
        return self.level is Level.NONE and self.above < -ORDINARY and "joke" not in self.concepts


def judge_message(
    text: str, history: Sequence[str] = (), *, classifier: Classifier | None = None
) -> Verdict:
    """Return the verdict on a person's message.

    Args:
        text: the message.
        history: the person's earlier messages, oldest first; the last few count.
        classifier: another than the one that ships, for measuring it.
    """
    judge = classifier or shipped()
    reading = _read(text)
    own = _finding(reading, judge)
    level, categories = own.level, set(own.categories)
    recent = [_read(message) for message in history[-RECENT:] if message.strip()]
    if recent and level is not Level.EMERGENCY and not own.ordinary:
        before = [_finding(earlier, judge) for earlier in recent]
        joined = _finding(together([*recent[-TOGETHER:], reading]), judge)
        kept = max(_kept(before, own), _told_together(joined, before, own), key=_rank)
        if kept.rank > level.rank:
            level = kept
            categories |= set(joined.categories)
            categories |= {one for finding in before for one in finding.categories}
    if level is Level.NONE:
        return Verdict(level, (), ACTIONS[level])
    ordered = tuple(one for one in Category if one in categories)
    return Verdict(level, ordered or (Category.SUICIDE,), ACTIONS[level])


def _kept(before: Sequence[Finding], own: Finding) -> Level:
    """Return what is left of the danger told before: one level less, concern for some messages."""
    worst = max((finding.level for finding in before), key=_rank)
    if worst.rank < Level.HIGH.rank:
        taken_back = worst is Level.CONCERN and "joke" in own.concepts
        return Level.CONCERN if taken_back else Level.NONE
    just_now = before[-1].level is Level.EMERGENCY
    return Level.HIGH if just_now and "joke" in own.concepts else Level.CONCERN


def _told_together(joined: Finding, before: Sequence[Finding], own: Finding) -> Level:
    """Return the level of all messages in one, where it is above that of each alone."""
    alone = max((finding.level for finding in (*before, own)), key=_rank)
    return joined.level if joined.level.rank > alone.rank else Level.NONE


def _rank(level: Level) -> int:
    return level.rank


def _read(text: str) -> Reading:
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}"
    return read(text)


def _finding(reading: Reading, classifier: Classifier) -> Finding:
    found = list(hits(reading))
    scores = classifier.scores(features(reading, found))
    limit = classifier.thresholds[Form.of(reading.text)]
    above = scores["risk"] - limit.concern
    by_score = min(_score_level(reading, scores, classifier), most(reading, found), key=_rank)
    level = max(_by_rules(found, scores, limit), by_score, key=_rank)
    concepts = frozenset(name for clause in reading.clauses for name in clause.names())
    if level is Level.NONE:
        return Finding(level, (), concepts, above)
    return Finding(level, _categories(level, found, scores, concepts), concepts, above)


def _by_rules(found: Sequence[Hit], scores: dict[str, float], limit: Thresholds) -> Level:
    """Return the level that rules ask for, lowered to concern where all else looks harmless."""
    told = list(found)
    if scores["risk"] < limit.sober_wish:
        told = [hit for hit in told if not hit.rule.wish]
    if scores["risk"] + scores["emergency"] < limit.sober:
        told = [hit for hit in told if hit.rule.wish]
    return max(min(least(found), Level.CONCERN, key=_rank), least(told), key=_rank)


def _score_level(reading: Reading, scores: dict[str, float], classifier: Classifier) -> Level:
    limit = classifier.thresholds[Form.of(reading.text)]
    if scores["emergency"] >= limit.emergency:
        return Level.EMERGENCY
    if scores["risk"] + scores["emergency"] >= limit.high:
        return Level.HIGH
    return Level.CONCERN if scores["risk"] >= limit.concern else Level.NONE


def _categories(
    level: Level, found: Sequence[Hit], scores: dict[str, float], concepts: frozenset[str]
) -> tuple[Category, ...]:
    named = {one for hit in found if hit.counts for one in hit.rule.categories}
    heads = {name: scores[name] for name in ("suicide", "self_harm", "harm_to_others", "abuse")}
    named |= {Category(name) for name, score in heads.items() if score >= 0}
    if not named:
        named.add(Category(max(heads, key=heads.__getitem__)))
    if "minor" in concepts:
        named.add(Category.MINOR_AT_RISK)
    if "medical" in concepts and level.rank >= Level.HIGH.rank:
        named.add(Category.MEDICAL_EMERGENCY)
    return tuple(one for one in Category if one in named)
