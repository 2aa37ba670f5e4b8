"""What a short answer means in danger, and which words meet it."""

from __future__ import annotations

import re

import pytest

from desktop_app.care.guard.fixed_replies import fixed_replies
from desktop_app.care.guard.verdict import Level
from tests.unit.conversation.test_in_danger import MODEL, ids, talk

TONIGHT = {
    "zh": "我今晚就跳楼，遗书写好了",
    "en": "I'm going to kill myself tonight, I have the pills",
}
WRITTEN = {each.id: each for each in fixed_replies()}


def told(message: str) -> str:
    return TONIGHT["en" if message.isascii() else "zh"]


@pytest.mark.parametrize("word", ["ok", "sure", "of course", "好", "好的", "嗯", "行", "对"])
def test_an_ok_is_not_taken_for_company(word: str) -> None:
    _, level, said = talk([told(word), word])[-1]

    assert said == "agreed.company.1"
    assert level is Level.EMERGENCY


def test_an_ok_is_not_taken_for_help_that_comes() -> None:
    assert ids("我吞了一瓶安眠药", "好", "好")[-1] == "agreed.help.1"


def test_who_is_with_them_is_asked_once() -> None:
    assert ids(TONIGHT["zh"], "好", "好").count("agreed.company.1") == 1


@pytest.mark.parametrize("word", ["yes", "有", "有人", "我妈在", "有，我妈妈", "my mum is here"])
def test_a_yes_or_a_name_is_company(word: str) -> None:
    assert ids(told(word), word)[-1] == "helped.company.1"


@pytest.mark.parametrize(
    "word",
    ["妈妈在隔壁", "爸爸在楼下", "妈妈在家", "she's in the next room", "my dad is asleep"],
)
def test_who_is_near_is_called_over(word: str) -> None:
    _, level, said = talk([told(word), word])[-1]

    assert said == "nearby.company.1"
    assert level is Level.EMERGENCY


@pytest.mark.parametrize(
    ("first", "answer", "said"),
    [
        ("I want to die", "I'm fine", "checked.fine.1"),
        ("I want to die", "I'm okay", "checked.fine.1"),
        ("I want to die", "not anymore", "checked.past.1"),
        ("I want to die", "used to", "checked.past.1"),
        ("I want to die", "no", "checked.no.1"),
        ("I want to kill myself", "I'm not suicidal", "checked.no.1"),
        ("我想死", "我没事", "checked.fine.1"),
        ("我想死", "我很好", "checked.fine.1"),
        ("我想死", "没那么严重", "checked.fine.1"),
        ("我想死", "现在没有了", "checked.past.1"),
        ("我想死", "以前想过", "checked.past.1"),
        ("我想死", "没有", "checked.no.1"),
        ("我想自杀", "没有想自杀", "checked.no.1"),
    ],
)
def test_no_danger_said_beside_the_question_is_asked_about_once_more(
    first: str, answer: str, said: str
) -> None:
    no = "no" if answer.isascii() else "没有"

    assert ids(first, answer, no)[1:] == [said, "denied.any.1"]


@pytest.mark.parametrize(
    ("first", "joke", "fine"),
    [("我想死", "开玩笑的", "真的没事"), ("i wanna die", "jk", "fr im fine")],
)
def test_after_a_joke_was_asked_about_a_fine_is_believed(first: str, joke: str, fine: str) -> None:
    assert ids(first, joke, fine)[1:] == ["retracted.any.1", "denied.any.1"]


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("hes going to jump, hes my brother, hes on the roof", "yes"),
        ("我弟弟站在楼顶要跳", "有"),
        ("我妈刚才吞了安眠药", "她吐了"),
        ("my mom just swallowed a bottle of pills", "she threw up"),
    ],
)
def test_who_is_with_another_in_danger_hears_how_to_help_them(first: str, then: str) -> None:
    assert ids(first, then) == ["emergency.other.1", "emergency.other.2"]


def test_who_called_for_another_is_told_to_stay_with_them() -> None:
    assert ids("我妈刚才吞了安眠药", "她吐了", "打了")[-1] == "helped.other.1"


@pytest.mark.parametrize(
    "messages",
    [
        ("我朋友说她要自杀", "她不回消息了"),
        ("我朋友说她想死", "我很担心她，她最近一直哭", "我联系不上她"),
        ("my friend says she wants to die", "I can't reach her"),
    ],
)
def test_who_cannot_be_reached_after_a_threat_is_in_an_emergency(messages: tuple[str, ...]) -> None:
    _, level, said = talk(messages)[-1]

    assert level is Level.EMERGENCY
    assert said == "emergency.other.1"


@pytest.mark.parametrize(
    "messages",
    [
        ("我被邻居猥亵过，是小时候的事", "安全", "谢谢"),
        ("有时候真希望自己消失", "没有", "谢谢"),
    ],
)
def test_what_was_answered_is_not_asked_again(messages: tuple[str, ...]) -> None:
    assert talk(messages)[-1][0] == MODEL


@pytest.mark.parametrize(
    ("first", "unsafe"),
    [("我爸妈吵架的时候会打我", "嗯不安全"), ("my stepdad touches me", "no")],
)
def test_who_is_not_safe_is_not_asked_whether_they_are(first: str, unsafe: str) -> None:
    assert "safety" not in WRITTEN[ids(first, unsafe)[-1]].asks


def test_who_says_that_they_are_not_safe_is_not_asked_whether_they_are() -> None:
    assert ids("I'm not safe at home, my husband beats me") == ["high.abuse.1"]


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        (("我被强奸了", "安全", "是我的错吗"), ["assault.1", "assault.2", "assault.3"]),
        (("I was raped last night", "yes", "ok"), ["assault.1", "assault.2", "assault.3"]),
    ],
)
def test_rape_has_words_of_its_own(messages: tuple[str, ...], said: list[str]) -> None:
    assert ids(*messages) == [f"high.{each}" for each in said]


def test_who_is_not_safe_after_rape_hears_of_safety_first() -> None:
    assert ids("我被强奸了", "不安全")[-1] == "unsafe.assault.1"


def test_nobody_is_asked_what_to_do_when_rape_begins_again() -> None:
    assert "staying.abuse.1" not in ids("我被强奸了", *["我不知道"] * 7)


@pytest.mark.parametrize("plain", ["我想自杀", "I want to kill myself"])
def test_what_was_said_plainly_is_not_asked(plain: str) -> None:
    said = ids(plain, "yes" if plain.isascii() else "嗯")

    assert said == ["high.suicide.said", "high.suicide.3"]


@pytest.mark.parametrize(
    "message",
    ["去年我自杀过，被救回来了，现在好多了", "I attempted suicide last year but I'm better now"],
)
def test_a_past_attempt_is_met_as_one(message: str) -> None:
    assert ids(message) == ["concern.suicide.past"]


def test_harm_to_another_is_spoken_of_before_suicide() -> None:
    message = "I'm going to kill him, I have the knife in my hand"

    assert ids(message) == ["emergency.harm_to_others.1"]


def test_no_fixed_reply_says_where_the_card_stands() -> None:
    beside = re.compile(r"旁边的(?:求助)?[卡电]|卡就在旁边|card (?:beside|is right here)")

    assert not [each.id for each in fixed_replies() if beside.search("".join(each.text.values()))]


def test_what_a_reply_is_said_for_and_covers_exists() -> None:
    for each in fixed_replies():
        assert each.covers <= set(WRITTEN)


@pytest.mark.parametrize(
    "messages",
    [
        (
            "my boyfriend has a gun and says he will kill himself and me",
            "he's outside my door",
            "I'm scared",
        ),
        ("我老公拿着刀说要杀了我再自杀", "他在门外"),
        ("my husband is threatening to shoot himself and the kids", "he has a gun"),
    ],
)
def test_who_is_threatened_by_them_is_never_answered_as_a_helper(messages: tuple[str, ...]) -> None:
    assert not [each for each in ids(*messages) if ".other." in each]


@pytest.mark.parametrize(
    ("threat", "then"),
    [
        (
            "my boyfriend says he'll kill himself if I break up",
            ["he has locked me in", "he is hitting me"],
        ),
        ("my boyfriend says he will kill himself if i leave", ["he hits me too", "no"]),
        ("我男朋友说分手他就自杀", ["他掐我", "他不让我走"]),
    ],
)
def test_violence_told_later_takes_the_helpers_words_away(threat: str, then: list[str]) -> None:
    assert {*ids(threat, *then)[1:]} == {"high.violence.1", "high.abuse.1"}


def test_urged_to_jump_and_willing_is_the_writers_own_danger() -> None:
    said = ids("she told me to jump and I want to", "I'm on the balcony", "no")

    assert not [each for each in said if ".other." in each]


def test_who_is_hit_and_wants_to_die_is_answered_about_dying() -> None:
    assert ids("my boyfriend says he'll kill himself", "he hits me and I want to die")[-1] == (
        "high.suicide.1"
    )


@pytest.mark.parametrize(
    "messages",
    [
        (
            "my sister took pills last night",
            "she's in hospital",
            "I can't take this anymore",
            "I want to die too",
        ),
        ("我妈吞了安眠药", "在抢救", "都是我害的", "要是她走了我也不活了"),
    ],
)
def test_a_helper_who_wants_to_die_is_answered_about_that(messages: tuple[str, ...]) -> None:
    assert ids(*messages)[-1] in {"emergency.suicide.1", "high.suicide.1"}


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        (
            ("我妈吃了好多安眠药", "她醒着", "打了120", "好", "她说胸口难受"),
            "emergency.other.changed",
        ),
        (("我妈吃了好多安眠药", "打了120", "好", "她不呼吸了"), "emergency.other.failing"),
        (("my girlfriend overdosed", "she is vomiting"), "emergency.other.2"),
        (("my girlfriend overdosed", "she stopped breathing"), "emergency.other.failing"),
        (("我妈喝了农药", "她在吐白沫"), "emergency.other.failing"),
    ],
)
def test_a_body_that_gives_way_is_an_emergency(messages: tuple[str, ...], said: str) -> None:
    _, level, last = talk(messages)[-1]

    assert (last, level) == (said, Level.EMERGENCY)


def test_no_chat_while_somebody_may_be_dying() -> None:
    said = ids("我妈喝了农药", "她在吐白沫", "打不通", "好", "怎么办")

    assert not [each for each in said if each.startswith("staying.other")]


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("我弟弟站在楼顶要跳", "他下来了"),
        ("my friend is on the roof and says he'll jump", "he's down now, he's safe"),
    ],
)
def test_who_has_come_down_is_not_called_for_again(first: str, then: str) -> None:
    assert ids(first, "called 911", then)[-1] == "eased.other.1"


def test_who_is_not_safe_is_not_taken_for_safe() -> None:
    assert ids("my sister overdosed", "she is not safe")[-1].startswith("emergency.other")


@pytest.mark.parametrize("word", ["报警了", "I called the police", "叫了", "we called the police"])
def test_who_called_is_thanked_for_it(word: str) -> None:
    first = (
        "my friend is on the roof and says he'll jump" if word.isascii() else "我弟弟站在楼顶要跳"
    )

    assert ids(first, word)[-1] == "helped.other.1"


@pytest.mark.parametrize("word", ["没报警了", "不想报警了", "I should have called the police"])
def test_who_did_not_call_is_not_thanked(word: str) -> None:
    first = (
        "my friend is on the roof and says he'll jump" if word.isascii() else "我弟弟站在楼顶要跳"
    )

    assert ids(first, word)[-1] != "helped.other.1"


def test_after_a_call_nobody_is_asked_whether_it_went_through() -> None:
    assert ids("我弟弟站在楼顶要跳", "打了120", "好")[-1] == "emergency.other.called"


def test_how_they_are_is_asked_once() -> None:
    said = ids(
        "my mother took a whole bottle of pills", "I called the ambulance", "ok", "ok", "ok", "ok"
    )

    assert "staying.other.1" not in said


def test_who_is_held_is_not_alone() -> None:
    assert ids("我今晚就跳楼，遗书写好了", "她抱着我")[-1] == "helped.company.1"


@pytest.mark.parametrize("message", ["我爷爷喝了农药，已经走了", "我爷爷喝了农药，上个月的事"])
def test_for_the_dead_no_emergency_is_called(message: str) -> None:
    _, level, said = talk([message])[-1]

    assert (said, level) == ("concern.gone.1", Level.CONCERN)


@pytest.mark.parametrize(
    "messages",
    [
        ("I want to kill him", "yes", "I have a gun in my car"),
        ("I want to kill my wife", "yes", "she's asleep", "with the kitchen knife"),
        ("我想杀了他", "刀在我包里"),
        ("我想杀了他", "今晚"),
        ("I want to kill my boss", "I bought a knife"),
    ],
)
def test_means_or_a_time_after_a_wish_to_kill_are_an_emergency(messages: tuple[str, ...]) -> None:
    _, level, said = talk(messages)[-1]

    assert level is Level.EMERGENCY
    assert said == "emergency.harm_to_others.1"


def test_who_would_die_after_killing_is_asked_about_suicide() -> None:
    said = ids("I want to kill him and then myself", "yes", "tonight")

    assert said == ["high.suicide.said", "high.suicide.3", "emergency.suicide.1"]


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        (("我想杀了我老板", "没有"), "denied.any.1"),
        (("我想杀了我老板", "就是气话"), "retracted.harm_to_others.1"),
        (("我想杀了我老板", "就是气话", "没有"), "denied.any.1"),
        (("我想杀了我老板", "冷静了"), "denied.any.1"),
        (("I want to kill my flatmate", "no haha"), "denied.any.1"),
        (("I want to kill my flatmate", "it's just an expression"), "retracted.harm_to_others.1"),
        (("I want to kill him", "yes", "no of course not, I'm just so angry"), "denied.any.1"),
    ],
)
def test_who_takes_a_threat_back_is_heard(messages: tuple[str, ...], said: str) -> None:
    assert ids(*messages)[-1] == said


def test_a_threat_taken_back_is_not_met_with_words_on_dying() -> None:
    written = WRITTEN["retracted.harm_to_others.1"].text

    assert not re.search("死|不想活|dying|live", "".join(written.values()))


@pytest.mark.parametrize(("first", "safe"), [("my husband hits me", "yes"), ("我老公打我", "安全")])
def test_who_is_safe_from_violence_goes_on(first: str, safe: str) -> None:
    assert ids(first, safe) == ["high.violence.1", "settled.any.1"]


@pytest.mark.parametrize(
    "messages",
    [
        ("I was raped last night", "no", "he lives here"),
        ("I was raped last night", "no", "I can't leave"),
        ("我14岁，我继父强奸了我", "不安全", "他快回来了"),
        ("我14岁，我继父强奸了我", "不安全", "走不了"),
    ],
)
def test_who_cannot_leave_who_raped_them_is_in_an_emergency(messages: tuple[str, ...]) -> None:
    _, level, said = talk(messages)[-1]

    assert level is Level.EMERGENCY
    assert said == "emergency.abuse.1"


@pytest.mark.parametrize("message", ["my best friend was raped last week", "我女朋友上周被性侵了"])
def test_who_tells_of_anothers_rape_is_not_spoken_to_as_the_one_raped(message: str) -> None:
    words = WRITTEN[ids(message)[-1]]

    assert not words.asks
    assert "your fault" not in words.text["en"]


def test_company_is_asked_after_twice_at_most() -> None:
    said = ids("我今晚就要走了，药都准备好了", "好", "好的", "嗯")

    assert sum(WRITTEN[each].asks == "company" for each in said) == 2


@pytest.mark.parametrize(
    "no", ["现在没有", "没有这样的念头", "没有再来过", "no, they haven't", "没有"]
)
def test_thoughts_that_have_not_been_back_are_believed(no: str) -> None:
    assert ids("我想死", "以前想过", no)[-1] == "denied.any.1"


def test_a_no_that_was_told_to_a_doctor_is_heard() -> None:
    said = ids("医生问我有没有自杀的念头", "我说没有", "没有")

    assert said == ["high.suicide.1", "checked.no.1", "denied.any.1"]


def test_words_that_tell_of_others_anger_take_nothing_back() -> None:
    assert not ids("我想死", "他说的气话我忘不了")[-1].startswith("retracted")


@pytest.mark.parametrize("word", ["yes", "my mum is here"])
def test_company_is_heard_after_the_second_words_too(word: str) -> None:
    assert ids(TONIGHT["en"], "pills", word)[-1] == "helped.company.1"


def test_a_story_of_rape_is_not_told_of_oneself() -> None:
    assert "high.assault.1" not in ids("I wrote a story in which I was raped last night")
