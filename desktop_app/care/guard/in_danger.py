"""A talk in danger: what a message means after what was asked, and what is said next.

Who was just asked about suicide is not handed to the model before they have answered. A short
answer is understood from the question (answers.py); what is neither an answer nor clearly about
something else is met with the next words that were not heard yet. Who denies danger, says that
they are safe or turns to other things gets back to the ordinary talk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from desktop_app.care.guard.another import (
    OTHER,
    gets_ready,
    plainly_of_another,
    says_they_are_safe,
)
from desktop_app.care.guard.answers import OF_DANGER, Answer, Sign, answer_to, short, tells
from desktop_app.care.guard.beside import (
    INGESTED,
    consents,
    in_care,
    names_plan,
    rescued,
    said_beside,
)
from desktop_app.care.guard.corrected import means_another, to_correction
from desktop_app.care.guard.fixed_replies import (
    FixedReply,
    about_of,
    covered_by,
    first_unheard,
    fixed_replies,
    heard,
    spoken_at,
    told_before,
)
from desktop_app.care.guard.heard import Heard
from desktop_app.care.guard.mourning import (
    after_a_death,
    level_of_who_mourns,
    only_mourns,
    told_in_mourning,
    turns_from_mourning,
)
from desktop_app.care.guard.standing import OVER, Standing, just_over, standing
from desktop_app.care.guard.taken import answer_of, leaves_open, turns_elsewhere
from desktop_app.care.guard.to_answer import TO_ONESELF, reply_to
from desktop_app.care.guard.told import Told
from desktop_app.care.guard.verdict import ACTIONS, Category, Level, Verdict
from desktop_app.care.guard.whom import is_near, of_oneself, whom_first

AFTER = {
    Level.CONCERN: ("concern", "unanswered"),
    Level.HIGH: ("high", "staying"),
    Level.EMERGENCY: ("emergency", "staying"),
}
"""Which words are said at a level, in order."""
PLAN_ASKED = {
    True: frozenset({"high.suicide.said", "high.suicide.1", "high.suicide.2"}),
    False: frozenset({"high.suicide.2"}),
}
"""What need not be asked of who says how, or that there is none; by whether they named suicide."""
GRAVE = {each.id for each in fixed_replies() if each.on in {Level.HIGH, Level.EMERGENCY}}
TO_AN_ANSWER = {"refused", "retracted", "helped", "back", "eased"}
"""Words for what is no danger by itself."""
STILL = {"agreed", "nearby", "hospital", "unwilling", "untold"}
"""Words for what changes nothing yet."""


@dataclass(frozen=True, slots=True)
class Next:
    """What is made of a message, and what answers it."""

    verdict: Verdict
    reply: FixedReply | None
    """None where the model answers."""
    without_model: FixedReply | None
    """What answers in danger where there is no model either."""


@dataclass(frozen=True, slots=True)
class _Words:
    """The fixed replies that a talk has not heard."""

    already: frozenset[str]
    told: frozenset[str]
    """What was told in it."""

    def first(self, on: str, *abouts: str) -> FixedReply | None:
        """Return the next for that occasion."""
        return first_unheard(on, abouts, self.already, self.told)


def next_words(message: Heard, replies: Sequence[str]) -> Next:
    """Return what follows from `message` in a conversation that has had `replies`."""
    already = heard(replies)
    stand = standing(replies)
    told = message.says | told_before(already)
    if stand is not None and stand.about == OTHER and _fails(message.text, stand):
        if tells(Sign.FAILING, message.text):
            told |= {Sign.FAILING}
        elif "emergency.other.2" in already | covered_by(already):  # what helps at once comes first
            told |= {Sign.SYMPTOM}
    asked = PLAN_ASKED[Told.SUICIDE in message.says] if names_plan(message.plain) else frozenset()
    message = after_a_death(message, told)
    told = told_in_mourning(message, told)
    words = _Words(already | covered_by(already) | asked, told)
    level = _level(message, stand)
    if stand is None and already & GRAVE:  # the person has come back from what was said before
        level = min(level, max(message.own.level, Level.CONCERN, key=_rank), key=_rank)
    abouts = _abouts(message, stand, level)
    lost = message.bereaved and only_mourns(message)
    if stand is not None and abouts[0] == OTHER and lost:
        said, level = _of_loss(words), Level.CONCERN
    elif stand and level.rank >= Level.HIGH.rank and turns_from_mourning(message, stand):
        gravest = max(level, stand.level, key=_rank)  # whatever else it might answer
        said = _unheard(gravest, abouts, words, to_the_end=True)
    elif stand is None:
        over = just_over(replies) or bool(already & GRAVE)
        said = _first_words(message, level, abouts, words, over=over)
    else:
        said = _next_words(message, stand, level, abouts, words)
        level = _level_said(message, stand, level, said)
    verdict = _verdict(message.verdict, level, abouts)
    waiting = None
    if said is None and level is not Level.NONE:
        waiting = words.first("staying", abouts[0], "any")
    return Next(verdict, said, waiting)


def _level_said(message: Heard, stand: Standing, level: Level, said: FixedReply | None) -> Level:
    """Return how grave it is once these words answer it."""
    if said is None or said.on in OVER:  # nothing is left but what was said before
        return min(level, max(message.itself, Level.CONCERN, key=_rank), key=_rank)
    if said.on in STILL:
        return max(level, stand.level, key=_rank)
    if said.on in TO_AN_ANSWER:
        return min(stand.level, Level.HIGH, key=_rank)
    if said.on == Level.EMERGENCY and said.about == Category.MEDICAL_EMERGENCY:
        return Level.EMERGENCY  # what was swallowed works on
    return max(level, min(stand.level, Level.HIGH, key=_rank), key=_rank)


def _of_loss(words: _Words) -> FixedReply | None:
    """Return what is said once another has died: nobody is to be reached or stopped any more."""
    for_the_living = frozenset({"concern.other.1", "concern.other.2"})
    mourning = _Words(words.already | for_the_living, words.told)
    return mourning.first("concern", OTHER) or words.first("staying", "any")


def _level(message: Heard, stand: Standing | None) -> Level:
    heard_now = message.verdict.level
    if stand is not None and stand.eased:  # what was told before it is less grave now
        heard_now = min(heard_now, max(message.own.level, Level.HIGH, key=_rank), key=_rank)
    levels = [heard_now, message.another or Level.NONE, level_of_who_mourns(message, stand)]
    if stand is not None:
        levels.append(_level_after(message, stand))
    level = max(levels, key=_rank)
    if message.gone and (stand is None or stand.about == OTHER) and only_mourns(message):
        return min(level, Level.CONCERN, key=_rank)  # nobody can be helped any more
    # Who drives somebody to a hospital is not yet there.
    cared_for = not plainly_of_another(message.said) and in_care(message.plain, message.says)
    if stand is None and level is Level.EMERGENCY and cared_for:
        return Level.HIGH
    return level


def _level_after(message: Heard, stand: Standing) -> Level:
    """Return how grave a message is by what it answers."""
    text = message.text
    another = means_another(message, stand) and stand.level.rank >= Level.HIGH.rank
    if another or _needs_help(message, stand):
        return Level.EMERGENCY
    if stand.about in TO_ONESELF and (level := _level_of_deeds(text, stand)) is not Level.NONE:
        return level
    answer = answer_to(stand.last.asks, text) if stand.fresh else None
    asks = stand.last.asks
    if _means_it(message, stand):
        return Level.EMERGENCY
    kept = asks == "leave" and (answer is Answer.NO or tells(Sign.FEARED, text))
    there = stand.about == Category.ABUSE and tells(Sign.FEARED_NOW, message.plain)
    if stand.fresh and (kept or there):
        return Level.EMERGENCY
    if stand.fresh and (asks == "leave" or stand.about == Category.ABUSE) and is_near(text):
        return Level.EMERGENCY if stand.level.rank >= Level.HIGH.rank else Level.HIGH
    grave = {Answer.YES, Answer.UNSURE} if asks in OF_DANGER else set()
    if asks == "safety":
        grave = {Answer.NO, Answer.UNSURE}
    return Level.HIGH if answer in grave else Level.NONE


def _needs_help(message: Heard, stand: Standing) -> bool:
    """Tell whether who spoke of dying gives no answer or has the means, or a body gives way."""
    text = message.text
    if stand.about == OTHER:
        return tells(Sign.UNREACHED, text) or _fails(text, stand) or gets_ready(message.said)
    return stand.about == Category.HARM_TO_OTHERS and tells(Sign.FAILING, text)


def _fails(text: str, stand: Standing) -> bool:
    """Tell whether another's body gives way, or they go back to the danger."""
    if tells(Sign.RELAPSED, text):
        return stand.level.rank >= Level.HIGH.rank
    hurt = stand.level is Level.EMERGENCY and tells(Sign.SYMPTOM, text)
    return hurt or tells(Sign.FAILING, text)


def _means_it(message: Heard, stand: Standing) -> bool:
    """Tell whether a wish to harm another has got its means or its time."""
    asked = stand.fresh and stand.last.on in {*AFTER, "unanswered"}
    named = {Told.ARMED, Told.TIMED} & message.says or (asked and tells(Sign.WHEN, message.text))
    return stand.about == Category.HARM_TO_OTHERS and bool(named)


def _before_others(message: Heard, stand: Standing | None) -> list[str]:
    """Return whom to think of before the person: who is about to be harmed."""
    meant = stand is not None and Told.SUICIDE not in message.says and _means_it(message, stand)
    return [Category.HARM_TO_OTHERS] if meant else []


def _level_of_deeds(text: str, stand: Standing) -> Level:
    """Return how grave it is by what is done or begins."""
    grave = stand.level.rank >= Level.HIGH.rank
    if tells(Sign.BLEEDING, text) and stand.fresh:
        return Level.EMERGENCY
    if consents(text, stand):
        return Level.NONE  # to what was asked for
    asked_when = stand.fresh and stand.last.asks in {*OF_DANGER, "means"}
    if tells(Sign.NEAR, text) or (asked_when and tells(Sign.WHEN, text)):
        return Level.EMERGENCY if grave else Level.HIGH
    if stand.level is Level.EMERGENCY and (tells(Sign.SYMPTOM, text) or tells(Sign.LEAVING, text)):
        return Level.EMERGENCY
    return Level.NONE


def _abouts(message: Heard, stand: Standing | None, level: Level) -> list[str]:
    """Return what to speak about, first what is first in mind."""
    kills = _would_kill(message)
    of_own = _of_own(message)
    if turns_from_mourning(message, stand):
        body = level is Level.EMERGENCY and message.of_the_body
        return [*([Category.MEDICAL_EMERGENCY] if body else []), Category.SUICIDE, *of_own]
    if plain := whom_first(message, stand):
        return [*plain, *of_own] if plain == [Category.ABUSE] else plain
    if kills and tells(Sign.DENIAL, message.plain):  # "I do not want to die, I want him dead"
        return [Category.HARM_TO_OTHERS, *of_own]
    first = _before_others(message, stand)
    harmed = {Category.SUICIDE, Category.SELF_HARM} & {*of_own, stand.about if stand else ""}
    if level is Level.EMERGENCY and harmed and not kills and tells(Sign.WOUND, message.text):
        first.append(Category.SELF_HARM)
    elif Category.MEDICAL_EMERGENCY in of_own and level is Level.EMERGENCY:
        first.append(Category.MEDICAL_EMERGENCY)
    if stand is not None and stand.level is Level.EMERGENCY:
        if stand.about == Category.SUICIDE and message.of_the_body:
            first.append(Category.MEDICAL_EMERGENCY)
        if not (stand.about == OTHER and of_oneself(message)):
            first.append(stand.about)
    plain_words = message.itself.rank >= Level.HIGH.rank
    stays = set(of_own) == {Category.SELF_HARM} and (stand and stand.about) == Category.SUICIDE
    only_asked = stand is not None and stand.level is Level.CONCERN and of_own == [Category.ABUSE]
    if stand is not None and not only_asked and (not plain_words or stays or stand.about in of_own):
        first.append(stand.about)  # it takes plain words to change what is spoken of
    return [*first, *of_own, *([stand.about] if stand else []), *about_of(message.verdict)]


def _would_kill(message: Heard) -> bool:
    return Told.WOULD_KILL in message.says and Told.SUICIDE not in message.says


def _of_own(message: Heard) -> list[str]:
    """Return what a message by itself is about."""
    own = message.own.level.rank >= Level.CONCERN.rank
    of_own = about_of(message.own) if own else []
    if Told.FOLLOWS in message.says and Category.HARM_TO_OTHERS not in message.verdict.categories:
        of_own = [one for one in of_own if one != Category.HARM_TO_OTHERS]  # whom, after a death
    if _would_kill(message) and Category.HARM_TO_OTHERS in of_own:  # "kill" is not of oneself here
        of_own = sorted(of_own, key=lambda one: one != Category.HARM_TO_OTHERS)
    elif Told.SUICIDE in message.says and Category.SUICIDE in of_own:
        of_own = sorted(of_own, key=lambda one: one == Category.HARM_TO_OTHERS)
    return of_own


def _first_words(
    message: Heard, level: Level, abouts: Sequence[str], words: _Words, *, over: bool
) -> FixedReply | None:
    """Return what is said where no danger stood before."""
    if level is Level.NONE:
        return None
    if level is Level.CONCERN and over:
        if message.own.level is Level.NONE:
            return None  # it was asked, and answered
        # It has been asked in plainer words.
        words = _Words(words.already | {"concern.suicide.1"}, words.told)
    # Told by itself: after a goodbye, what was cleaned or settled is no wound.
    of_oneself_now = message.another is None and message.own.level is not Level.NONE
    if of_oneself_now and abouts[0] in TO_ONESELF and in_care(message.plain, message.says):
        return words.first("eased", "care") or _unheard(level, abouts, words)
    return _unheard(level, abouts, words)


def _next_words(
    message: Heard, stand: Standing, level: Level, abouts: Sequence[str], words: _Words
) -> FixedReply | None:
    answer = answer_of(message, stand)
    urgent = _level_after(message, stand) is Level.EMERGENCY
    if not urgent and (said := _beside(message, stand, words)):
        return said
    if message.itself.rank < Level.HIGH.rank and not urgent:
        known = (words.already, words.told)
        if said := reply_to(answer, message.text, stand, *known, feared=message.feared):
            return said
        if answer is None and turns_elsewhere(message, stand):
            asks_first = (
                stand.fresh and stand.last.on != "back" and stand.level is not Level.CONCERN
            )
            return words.first("back", "any") if asks_first else None
    if level.rank <= Level.CONCERN.rank and stand.level is Level.CONCERN:
        return _at_concern(message, stand, abouts, words)
    again = None
    if level is not Level.EMERGENCY and leaves_open(message, stand, answer):
        words = _Words(words.already | PLAN_ASKED[True] | {"unanswered.suicide.1"}, words.told)
        again = words.first("unanswered", Category.SUICIDE)
    if not urgent and abouts[0] == OTHER and _eased(message, stand):
        return words.first("staying", OTHER) or words.first("staying", "any")
    gravest = max(level, stand.level, key=_rank)
    return again or _unheard(gravest, abouts, words, to_the_end=True)


def _beside(message: Heard, stand: Standing, words: _Words) -> FixedReply | None:
    """Return what is said to what comes beside an answer."""
    # What is said in so many words: a classifier hears the danger in what puts an end to it.
    helped = in_care(message.plain, message.says) or rescued(message.plain, stand, message.says)
    if message.said.told.rank >= Level.HIGH.rank and not helped:
        return None
    fitting = to_correction(message, stand)
    fitting = fitting or said_beside(message.plain, stand, message.says)
    return next((said for on, about in fitting if (said := words.first(on, about))), None)


def _eased(message: Heard, stand: Standing) -> bool:
    """Tell whether another is said to be safe, or was."""
    if INGESTED in message.says:
        return False  # awake is not safe
    if says_they_are_safe(message.said):
        return (
            message.said.told is not Level.EMERGENCY
        )  # words tell it: the classifier hears the roof
    since = stand.last.on in {"staying", "eased"} and stand.last.about == OTHER
    return since and message.own.level is not Level.EMERGENCY


def _at_concern(
    message: Heard, stand: Standing, abouts: Sequence[str], words: _Words
) -> FixedReply | None:
    """Return what is said where nothing grave was heard yet: less, for it may be nothing."""
    if message.own.level is Level.NONE:
        if not stand.fresh:
            return None
        again = stand.last.on != "unanswered" or short(message.text)
        on = "concern" if abouts[0] == OTHER else "unanswered"
        said = words.first(on, abouts[0]) if again else None
        if said is None and stand.last.asks == "danger" and short(message.text):
            return words.first("staying", "any")
        return said
    return _unheard(Level.CONCERN, abouts, words)


def _unheard(
    level: Level, abouts: Sequence[str], words: _Words, *, to_the_end: bool = False
) -> FixedReply | None:
    """Return the next words at a level about one thing, then what is said about anything."""
    on, further = AFTER[level]
    about = next((one for one in abouts if one in spoken_at(on)), Category.SUICIDE)
    further = "staying" if about == OTHER else further
    said = words.first(on, about)
    if said is None and not (about == OTHER and level is Level.EMERGENCY):
        said = words.first(further, about)
    if said is None and (to_the_end or level is not Level.CONCERN):
        return words.first("staying", "any")
    return said


def _verdict(verdict: Verdict, level: Level, abouts: Sequence[str]) -> Verdict:
    if level is Level.NONE:
        return Verdict(level, (), ACTIONS[level])
    named = [Category(one) for one in abouts[:1] if one in set(Category)]
    if abouts[:1] == [OTHER]:
        named.append(Category.SUICIDE)
    joined = {*verdict.categories, *named} or {Category.SUICIDE}
    return Verdict(level, tuple(one for one in Category if one in joined), ACTIONS[level])


def _rank(level: Level) -> int:
    return level.rank
