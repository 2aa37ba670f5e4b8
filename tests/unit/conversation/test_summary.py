"""What is kept of turns that are no longer seen: the person's own sentences, the telling ones."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.conversation.summary import LONGEST, extracted, points, sentences
from desktop_app.dialogue import Role, Summary, Turn

SAID = (
    "我叫林小雨，今年27岁，在上海做设计。",
    "嗯嗯",
    "你觉得我是不是应该换一份工作？",
    "上个月换了新的组长，我总觉得自己做得不够好。",
    "妈妈去年做了手术，我很担心她。",
    "天气不错。",
)
FACTS = [SAID[0], SAID[3], SAID[4]]


def said(*texts: str) -> list[Turn]:
    return [Turn(Role.USER, text) for text in texts]


def always(_: str) -> bool:
    return True


def within(characters: int) -> Callable[[str], bool]:
    return lambda text: len(text) <= characters


def test_facts_stay_in_the_order_in_which_they_were_said() -> None:
    assert extracted(Summary(), said(*SAID), always).split("\n") == FACTS


def test_english_facts_stay() -> None:
    turns = said(
        "Hi. My name is Anna and I moved to Leeds two years ago.",
        "ok",
        "I can't sleep since my mother died. Do you think I am weak?",
        "The weather is nice.",
    )

    assert extracted(Summary(), turns, always).split("\n") == [
        "My name is Anna and I moved to Leeds two years ago.",
        "I can't sleep since my mother died.",
    ]


def test_nothing_of_the_counsellor_is_in_it() -> None:
    turns = [Turn(Role.ASSISTANT, "你妈妈去年做了手术，你很担心。"), *said("嗯，是的。")]

    assert extracted(Summary(), turns, always) == ""


def test_where_room_is_scarce_the_best_stays() -> None:
    assert extracted(Summary(), said(*SAID), within(20)) == SAID[4]


@pytest.mark.parametrize(
    "danger",
    [
        "我攒了药。不想活了。",
        "他又掐我，我想死。",
        "我用刀片割腕过。",
        "i want to die",
        "I cut my arms again.",
        "Some nights I think about overdosing.",
    ],
)
def test_what_was_told_of_danger_is_the_last_to_go(danger: str) -> None:
    facts = (
        "我叫林小雨，妈妈2019年去世以后我很难过。",
        "My name is Anna, and my mother died two years ago, I am so sad.",
    )
    turns = said(danger, *facts * 3)
    told = list(sentences(danger))[-1]

    assert extracted(Summary(), turns, within(len(told))) == told


def test_a_sentence_that_is_too_long_keeps_no_shorter_one_out() -> None:
    long = "我不想活了" + "每天都是一样的事情没有人听我说话" * 6

    assert extracted(Summary(), said(long, *SAID), within(62)).split("\n") == FACTS


def test_without_room_nothing_stays() -> None:
    assert extracted(Summary(), said(*SAID), lambda _: False) == ""


def test_it_rolls_an_early_name_outlives_many_later_complaints() -> None:
    summary = Summary()
    for number in range(40):
        turns = said(SAID[0] if number == 0 else f"今天是第{number}回，我还是很累，什么都不想做。")
        summary = Summary(made=extracted(summary, turns, within(200)))

    kept = summary.made.split("\n")
    assert kept[0] == SAID[0]
    assert "39" in kept[-1]
    assert len(summary.made) <= 200


def test_what_was_said_twice_is_there_once() -> None:
    turns = said(SAID[4], SAID[4].replace("，", ", "), "妈妈去年做了手术，我很担心她，睡不着。")

    assert extracted(Summary(), turns, always) == "妈妈去年做了手术，我很担心她，睡不着。"


def test_what_the_person_put_there_is_not_repeated() -> None:
    summary = Summary(own=SAID[4], made=SAID[0])

    assert extracted(summary, said(SAID[4], SAID[3]), always).split("\n") == [SAID[0], SAID[3]]


@pytest.mark.parametrize("nod", ["嗯。", "是的", "ok then", "妈妈？", "好的，谢谢。"])
def test_a_nod_is_worth_nothing(nod: str) -> None:
    assert points(nod) <= 0


def test_a_traditional_spelling_is_worth_as_much() -> None:
    assert points("我媽媽去年過世了，我很難過。") == points("我妈妈去年过世了，我很难过。") > 5


def test_a_text_without_a_mark_is_cut() -> None:
    parts = list(sentences("我妈妈生病了" * 100))

    assert "".join(parts) == "我妈妈生病了" * 100
    assert max(map(len, parts)) <= LONGEST


@given(st.lists(st.text("我妈妈病了三岁，。？!. abI\n", max_size=60)), st.integers(0, 80))
def test_it_invents_nothing_and_keeps_to_its_room(texts: list[str], room: int) -> None:
    made = extracted(Summary(), said(*texts), within(room))

    assert len(made) <= room
    assert all(any(line in text for text in texts) for line in made.splitlines())
