"""What is done between the person and others: on which side the person stands."""

from __future__ import annotations

import pytest

from desktop_app.care.guard.company import feared_by
from desktop_app.care.guard.data import table
from desktop_app.care.guard.deeds import LEAST, Deed, deeds_in
from desktop_app.care.guard.message import judge_message
from desktop_app.care.guard.reading import read
from desktop_app.care.guard.verdict import Category


def test_every_deed_has_words_and_a_level() -> None:
    assert set(Deed) <= set(table("deeds")["words"])
    assert set(LEAST) == set(Deed)


@pytest.mark.parametrize(
    ("message", "deed"),
    [
        ("我把我老婆打进医院了", Deed.STRUCK_BADLY),
        ("I punched my girlfriend", Deed.STRUCK),
        ("I hit my wife and she hit me back", Deed.STRUCK),
        ("她反抗，我就掐住她了", Deed.STRUCK_BADLY),
        ("我强奸了她", Deed.STRUCK_BADLY),
        ("老公掐我，我抓起剪刀扎了他胳膊", Deed.DEFENDED),
        ("my boyfriend grabbed me and I pushed him off me", Deed.DEFENDED),
        ("吃了三十片对乙酰氨基酚", Deed.MUCH),
        ("I ate a whole box of advil", Deed.MUCH),
        ("他昨晚掐我脖子", Deed.ATTACKED),
        ("he held a knife to my throat", Deed.ATTACKED),
        ("我前夫发微信说要砍死我", Deed.THREATENED),
        ("my dad says he's going to kill me", Deed.THREATENED),
        ("明天我要拿刀去公司砍人", Deed.SET_OUT),
        ("I'm going to shoot up my school tomorrow", Deed.SET_OUT),
        ("我想带着女儿一起跳楼", Deed.ALONG),
        ("I want to drown my kids and then myself", Deed.ALONG),
    ],
)
def test_a_deed_is_heard(message: str, deed: Deed) -> None:
    assert deed in deeds_in(read(message))


@pytest.mark.parametrize(
    "message",
    [
        "我打了我妈一个电话",
        "I beat my dad at chess",
        "my mum said she'd kill me if I failed maths",
        "我哥说要杀了我的号",
        "I'm going to kill everyone in the game tonight",
        "我想离婚，带着孩子一起走",
        "taking my kids with me to the beach",
        "我打我妈电话没人接",
        "my brother grabbed me and I pushed him off, we were laughing",
        "抱着女儿从阳台往外看",
        "吃了十粒鱼油胶囊",
        "我吃了一片头孢，能喝酒吗",
        "I ate a whole box of chocolates",
    ],
)
def test_what_only_sounds_like_a_deed_is_none(message: str) -> None:
    assert not deeds_in(read(message))


def test_who_strikes_and_who_is_struck_are_not_taken_for_each_other() -> None:
    assert Category.ABUSE not in judge_message("I hit my wife last night").categories
    struck = judge_message("he put his hands around my neck and squeezed").categories
    assert Category.ABUSE in struck
    assert not {Category.HARM_TO_OTHERS, Category.SUICIDE} & set(struck)


def test_who_is_feared_is_read_off_all_that_was_said() -> None:
    assert feared_by([read("my dad rapes me"), read("I am cold")]) == {"father"}
    assert feared_by([read("he hits me")]) == frozenset()
    assert feared_by([read("I hit my wife")]) is None
