"""How a message takes the question before it: answers it, leaves it open, or turns elsewhere."""

from __future__ import annotations

from desktop_app.care.guard.answers import (
    Answer,
    Sign,
    answer_to,
    company_in,
    short,
    tells,
    tells_at_length,
)
from desktop_app.care.guard.asked import asks_what_this_is
from desktop_app.care.guard.beside import names_plan, speaks_of_help
from desktop_app.care.guard.heard import Heard
from desktop_app.care.guard.standing import Standing
from desktop_app.care.guard.to_answer import TO_ONESELF
from desktop_app.care.guard.verdict import Category, Level


def answer_of(message: Heard, stand: Standing) -> Answer | None:
    """Return how a message answers what was asked last."""
    answer = answer_to(stand.last.asks, message.text) if stand.fresh else None
    if answer is Answer.ACCOMPANIED and stand.last.asks not in {"company", "help"}:
        return None if turns_elsewhere(message, stand) else answer  # who comes to dinner is no help
    if answer is Answer.NO and (message.itself is not Level.NONE or _goes_on_darkly(message)):
        return None
    alone = stand.level is Level.EMERGENCY or stand.last.on == "eased"
    if answer is None and alone and stand.about in TO_ONESELF:
        return company_in(message.text)
    return answer


def leaves_open(message: Heard, stand: Standing, answer: Answer | None) -> bool:
    """Tell whether the plain question about suicide has got no answer: a plan is not asked yet."""
    asked = stand.fresh and stand.last.asks == "danger" and stand.about == Category.SUICIDE
    vague = answer is None and message.itself.rank < Level.HIGH.rank
    answers = tells(Sign.DARK, message.text) or names_plan(message.plain)
    return asked and vague and stand.level is Level.HIGH and not answers


def turns_elsewhere(message: Heard, stand: Standing) -> bool:
    """Tell whether a message is about something else altogether."""
    if message.own.level is not Level.NONE:
        return False
    calm = message.calm_before and tells_at_length(message.text)
    if not stand.fresh:  # the model has answered since
        return message.ordinary or calm or stand.level is Level.CONCERN
    if stand.about == Category.MEDICAL_EMERGENCY and stand.level is Level.EMERGENCY:
        return False  # a body does not wait
    if tells(Sign.ELSEWHERE, message.plain):
        return True
    asked_in_danger = stand.level is not Level.CONCERN and _stays_by_it(message)
    if asked_in_danger or speaks_of_help(message.plain):
        return False  # help came to nothing, else it were met as what eases
    lighter = stand.level is not Level.EMERGENCY and not tells(Sign.DESPAIR, message.plain)
    after_back = stand.last.on == "back" and lighter and not tells(Sign.DARK, message.text)
    return after_back or ((message.ordinary or calm) and not short(message.text))


def _stays_by_it(message: Heard) -> bool:
    """Tell whether it asks who listens, or fears who would learn of it: both belong to it."""
    return asks_what_this_is(message.text) or tells(Sign.UNTOLD, message.plain)


def _goes_on_darkly(message: Heard) -> bool:
    """Tell whether a no is followed by more: "no, nothing has any point"."""
    _, comma, rest = message.text.replace("，", ",").partition(",")
    return bool(comma) and tells(Sign.DARK, rest)
