"""A talk in danger: what a message means after what was asked, and what is said next.

Who was just asked about suicide is not handed to the model before they have answered. A short
answer is understood from the question (answers.py); what is neither an answer nor clearly about
something else is met with the next words that were not heard yet. Who denies danger, says that
they are safe or turns to other things gets back to the ordinary talk.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from desktop_app.care.guard.another import OTHER
from desktop_app.care.guard.answers import Answer, Sign, answer_to, short, tells, tells_at_length
from desktop_app.care.guard.fixed_replies import (
    FixedReply,
    about_of,
    first_unheard,
    fixed_replies,
    heard,
    spoken_at,
)
from desktop_app.care.guard.standing import OVER, Standing, standing
from desktop_app.care.guard.verdict import ACTIONS, Category, Level, Verdict

TO_ONESELF = (Category.SUICIDE, Category.SELF_HARM, Category.MEDICAL_EMERGENCY)
AFTER = {
    Level.CONCERN: ("concern", "unanswered"),
    Level.HIGH: ("high", "staying"),
    Level.EMERGENCY: ("emergency", "staying"),
}
"""Which words are said at a level, in order."""
GRAVE = {each.id for each in fixed_replies() if each.on in {Level.HIGH, Level.EMERGENCY}}
TO_AN_ANSWER = {"refused", "retracted", "helped", "back"}
"""Words for what is no danger by itself."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A message, and what is known of it before the talk it stands in is looked at."""

    text: str
    verdict: Verdict
    """With the history."""
    own: Verdict
    """By itself."""
    another: Level | None = None
    """How near another person's danger is; None where the person speaks of themselves."""
    told: Level = Level.NONE
    """What its words alone ask for."""
    of_self: bool = False
    """It names the person themselves."""
    ordinary: bool = True
    """Nothing at all in it speaks for danger."""
    calm_before: bool = False
    """The message before it told of something, and of no danger."""

    @property
    def itself(self) -> Level:
        """How grave it is without what it answers: of a few words only these words tell that."""
        return self.told if short(self.text) else self.own.level


@dataclass(frozen=True, slots=True)
class Next:
    """What is made of a message, and what answers it."""

    verdict: Verdict
    reply: FixedReply | None
    """None where the model answers."""
    without_model: FixedReply | None
    """What answers in danger where there is no model either."""


def next_words(message: Heard, replies: Sequence[str]) -> Next:
    """Return what follows from `message` in a conversation that has had `replies`."""
    already = heard(replies)
    stand = standing(replies)
    level = _level(message, stand)
    if stand is None and already & GRAVE:  # the person has come back from what was said before
        level = min(level, max(message.own.level, Level.CONCERN, key=_rank), key=_rank)
    abouts = _abouts(message, stand, level)
    if stand is None:
        said = _first_words(message, level, abouts, already)
    else:
        said = _next_words(message, stand, level, abouts, already)
        if said is None or said.on in OVER:  # nothing is left but what was said before
            level = min(level, max(message.itself, Level.CONCERN, key=_rank), key=_rank)
        elif said.on in TO_AN_ANSWER:
            level = min(stand.level, Level.HIGH, key=_rank)
        else:
            level = max(level, min(stand.level, Level.HIGH, key=_rank), key=_rank)
    verdict = _verdict(message.verdict, level, abouts)
    waiting = None
    if said is None and level is not Level.NONE:
        waiting = first_unheard("staying", [abouts[0], "any"], already)
    return Next(verdict, said, waiting)


def _level(message: Heard, stand: Standing | None) -> Level:
    levels = [message.verdict.level]
    if message.another is not None:
        levels.append(message.another)
    if stand is not None:
        levels.append(_level_after(message, stand))
    return max(levels, key=_rank)


def _level_after(message: Heard, stand: Standing) -> Level:
    """Return how grave a message is by what it answers."""
    text, grave = message.text, stand.level.rank >= Level.HIGH.rank
    if stand.about in TO_ONESELF:
        if tells(Sign.BLEEDING, text) and stand.fresh:
            return Level.EMERGENCY
        if tells(Sign.NEAR, text) or (
            stand.fresh and stand.last.asks in {"danger", "plan"} and tells(Sign.WHEN, text)
        ):
            return Level.EMERGENCY if grave else Level.HIGH
        if stand.level is Level.EMERGENCY and (
            tells(Sign.SYMPTOM, text) or tells(Sign.LEAVING, text)
        ):
            return Level.EMERGENCY
    answer = answer_to(stand.last.asks, text) if stand.fresh else None
    asks = stand.last.asks
    if asks in {"danger", "plan"} and answer in {Answer.YES, Answer.UNSURE}:
        return Level.HIGH
    if asks == "safety" and answer in {Answer.NO, Answer.UNSURE}:
        return Level.HIGH
    return Level.NONE


def _abouts(message: Heard, stand: Standing | None, level: Level) -> list[str]:
    """Return what to speak about, first what is first in mind."""
    own = message.own.level.rank >= Level.CONCERN.rank
    of_own = about_of(message.own) if own else []
    if message.another is not None:
        return [OTHER]
    if (
        stand is not None
        and stand.about == OTHER
        and not (message.itself is not Level.NONE and message.of_self)
    ):
        return [OTHER]
    first: list[str] = []
    harmed = {Category.SUICIDE, Category.SELF_HARM} & {*of_own, stand.about if stand else ""}
    if level is Level.EMERGENCY and harmed and tells(Sign.WOUND, message.text):
        first.append(Category.SELF_HARM)
    elif Category.MEDICAL_EMERGENCY in of_own and level is Level.EMERGENCY:
        first.append(Category.MEDICAL_EMERGENCY)
    if stand is not None and stand.level is Level.EMERGENCY:
        if stand.about == Category.SUICIDE and tells(Sign.SYMPTOM, message.text):
            first.append(Category.MEDICAL_EMERGENCY)
        first.append(stand.about)
    if stand is not None and (message.itself.rank < Level.HIGH.rank or stand.about in of_own):
        first.append(stand.about)  # it takes plain words to change what is spoken of
    return [*first, *of_own, *([stand.about] if stand else []), *about_of(message.verdict)]


def _first_words(
    message: Heard, level: Level, abouts: Sequence[str], already: frozenset[str]
) -> FixedReply | None:
    """Return what is said where no danger stood before."""
    if level is Level.NONE:
        return None
    if level is Level.CONCERN and already & GRAVE:
        if message.own.level is Level.NONE:
            return None
        already |= {"concern.suicide.1"}  # it has been asked in plainer words
    return _unheard(level, abouts, already)


def _next_words(
    message: Heard, stand: Standing, level: Level, abouts: Sequence[str], already: frozenset[str]
) -> FixedReply | None:
    answer = answer_to(stand.last.asks, message.text) if stand.fresh else None
    if answer is Answer.ACCOMPANIED and stand.last.asks not in {"company", "help"}:
        answer = None if _elsewhere(message, stand) else answer  # who comes to dinner is no help
    if answer is Answer.NO and (message.itself is not Level.NONE or _goes_on_darkly(message)):
        answer = None
    urgent = _level_after(message, stand) is Level.EMERGENCY
    if message.itself.rank < Level.HIGH.rank and not urgent:
        if said := _to_answer(answer, stand, already):
            return said
        if answer is None and _elsewhere(message, stand):
            asks_first = (
                stand.fresh and stand.last.on != "back" and stand.level is not Level.CONCERN
            )
            return first_unheard("back", ["any"], already) if asks_first else None
    if level.rank <= Level.CONCERN.rank and stand.level is Level.CONCERN:
        return _at_concern(message, stand, abouts, already)
    return _unheard(max(level, stand.level, key=_rank), abouts, already, to_the_end=True)


def _goes_on_darkly(message: Heard) -> bool:
    """Tell whether a no is followed by more: "no, nothing has any point"."""
    _, comma, rest = message.text.replace("，", ",").partition(",")
    return bool(comma) and tells(Sign.DARK, rest)


def _to_answer(
    answer: Answer | None, stand: Standing, already: Collection[str]
) -> FixedReply | None:
    """Return what is said to an answer of itself, whatever danger stands."""
    asks, about = stand.last.asks, "any"
    match answer:
        case Answer.REFUSES:
            on = "refused"
        case Answer.JOKES:
            on = "retracted"
        case Answer.NO if asks == "danger":
            on = "denied"
        case Answer.YES if asks == "safety":
            on = "settled"
        case Answer.YES if asks in {"company", "help"}:
            on, about = "helped", asks
        case Answer.CALLED:
            on, about = "helped", "help"
        case Answer.ACCOMPANIED:
            on, about = "helped", "company"
        case _:
            return None
    if about == "company" and stand.about not in TO_ONESELF:
        return None  # who comes may be who is feared
    return first_unheard(on, [about], already)


def _elsewhere(message: Heard, stand: Standing) -> bool:
    """Tell whether a message is about something else altogether."""
    if message.own.level is not Level.NONE:
        return False
    calm = message.calm_before and tells_at_length(message.text)
    if not stand.fresh:  # the model has answered since
        return message.ordinary or calm or stand.level is Level.CONCERN
    turns = message.ordinary or calm or tells(Sign.ELSEWHERE, message.text)
    return turns and not short(message.text)


def _at_concern(
    message: Heard, stand: Standing, abouts: Sequence[str], already: frozenset[str]
) -> FixedReply | None:
    """Return what is said where nothing grave was heard yet: less, for it may be nothing."""
    if message.own.level is Level.NONE:
        if not stand.fresh:
            return None
        again = stand.last.on != "unanswered" or short(message.text)
        on = "concern" if abouts[0] == OTHER else "unanswered"
        said = first_unheard(on, abouts[:1], already) if again else None
        if said is None and stand.last.asks == "danger" and short(message.text):
            return first_unheard("staying", ["any"], already)
        return said
    return _unheard(Level.CONCERN, abouts, already)


def _unheard(
    level: Level, abouts: Sequence[str], already: Collection[str], *, to_the_end: bool = False
) -> FixedReply | None:
    """Return the next words at a level about one thing, then what is said about anything."""
    on, further = AFTER[level]
    about = next((one for one in abouts if one in spoken_at(on)), Category.SUICIDE)
    further = "staying" if about == OTHER else further
    said = first_unheard(on, [about], already) or first_unheard(further, [about], already)
    if said is None and (to_the_end or level is not Level.CONCERN):
        return first_unheard("staying", ["any"], already)
    return said


def _verdict(verdict: Verdict, level: Level, abouts: Sequence[str]) -> Verdict:
    if level is Level.NONE:
        return Verdict(level, (), ACTIONS[level])
    named = [Category(one) for one in abouts[:1] if one in set(Category)]
    joined = {*verdict.categories, *named} or {Category.SUICIDE}
    return Verdict(level, tuple(one for one in Category if one in joined), ACTIONS[level])


def _rank(level: Level) -> int:
    return level.rank
