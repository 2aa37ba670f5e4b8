"""A summary by the model stands only where nothing is wrong with it."""

from __future__ import annotations

import pytest

from desktop_app.conversation.summary_check import passes

SAID = (
    "我叫林小雨，今年27岁，在上海做设计。最近总是睡不好，一直在想白天没做完的事。"
    "上个月换了新的组长，他对每件事都要求得很细。妈妈去年做了手术，我很担心她。我在用 Figma。"
)
GOOD = "来访者林小雨27岁，在上海做设计。她最近睡不好，上个月换了组长，妈妈去年做了手术，她很担心。"
SAID_EN = (
    "My name is Anna and I moved to Leeds two years ago. I cannot sleep since my mother died in "
    "March. I lost my job and I am scared about money. My brother does not call any more."
)
GOOD_EN = "The client, Anna, moved to Leeds. Her mother died in March and she cannot sleep."


@pytest.mark.parametrize(("summary", "said"), [(GOOD, SAID), (GOOD_EN, SAID_EN)])
def test_what_was_said_in_other_words_passes(summary: str, said: str) -> None:
    assert passes(summary, said)


@pytest.mark.parametrize(
    "summary",
    [
        GOOD.replace("27", "28"),
        GOOD.replace("去年做了手术", "三年前做了手术"),
        GOOD + "她在用 Photoshop。",
        "来访者的爸爸失业了，家里经济困难，他想要离开家乡去打工。",
        GOOD + "她有抑郁症。",
        GOOD + "她想换工作吗？",
        GOOD + "妈妈去年做了手术，她很担心。",
        "She cannot sleep and worries about her mother.",
        "睡不好",
        SAID + SAID,
        "",
        "，，。。，，。。，，。。",
    ],
    ids=[
        "another number",
        "another numeral",
        "a foreign word",
        "invented",
        "a diagnosis",
        "a question",
        "a loop",
        "another language",
        "too short",
        "longer than what was said",
        "empty",
        "no word",
    ],
)
def test_what_is_wrong_does_not(summary: str) -> None:
    assert not passes(summary, SAID)


@pytest.mark.parametrize(
    "summary",
    [
        GOOD_EN.replace("Leeds", "Paris"),
        GOOD_EN.replace("March", "March 2020"),
        "The client likes football, gardening and painting with friends at weekends.",
        GOOD_EN + " It may be depression.",
    ],
    ids=["another place", "another number", "invented", "a diagnosis"],
)
def test_what_is_wrong_in_english_does_not(summary: str) -> None:
    assert not passes(summary, SAID_EN)


def test_an_illness_the_person_named_may_be_named() -> None:
    said = SAID + "医生说我有抑郁症。"

    assert passes(GOOD + "医生说她有抑郁症。", said)


def test_what_a_reply_must_not_say_a_summary_must_not_either() -> None:
    said = SAID + "我觉得死是一种解脱，家人没有我会更轻松。"

    assert not passes(GOOD + "死是一种解脱。", said)


TOLD = (
    "我妈妈去年去世了，我一直很难过。我没有打过孩子。老板总是骂我，我不想去上班。\n"
    "其实我爱我丈夫，他也没跟我吵过架。我考上了研究生，在上海做设计。"
)
TOLD_EN = (
    "My mother died last year and I have been sad ever since. I never hit my children.\n"
    "I work as a designer in Shanghai. My brother doesn't call me any more, and I cannot sleep."
)
REST = "妈妈去年去世，来访者一直很难过。"
REST_EN = "Her mother died last year and she has been sad. "


@pytest.mark.parametrize(
    "summary",
    [
        "来访者没有打过孩子，不想上班，考上了研究生。",
        "来访者否认打过孩子，不想去上班，考上研究生。",
        "來訪者沒有打過孩子，不想去上班，考上了研究生。",
    ],
)
def test_what_is_denied_as_it_was_passes(summary: str) -> None:
    assert passes(REST + summary, TOLD)


@pytest.mark.parametrize(
    "summary",
    [
        "来访者打过孩子。",
        "來訪者打過孩子。",
        "来访者想去上班。",
        "来访者没有考上研究生。",
        "來訪者從來沒有考上研究生。",
        "来访者唔系喺上海做设计。",
        "来访者不爱丈夫。",
        "来访者和丈夫吵过架。",
    ],
)
def test_what_turns_it_round_does_not(summary: str) -> None:
    assert not passes(REST + summary, TOLD)


@pytest.mark.parametrize(
    "summary",
    [
        "She denies hitting her children and does not sleep.",
        "Her brother no longer calls and she can't sleep; she is a designer in Shanghai.",
    ],
)
def test_what_is_denied_in_english_as_it_was_passes(summary: str) -> None:
    assert passes(REST_EN + summary, TOLD_EN)


@pytest.mark.parametrize(
    "summary",
    [
        "She hits the children.",
        "She doesn't work as a designer.",
        "She doesn’t work as a designer.",
        "Her brother calls her.",
        "She can sleep.",
    ],
)
def test_what_turns_it_round_in_english_does_not(summary: str) -> None:
    assert not passes(REST_EN + summary, TOLD_EN)
