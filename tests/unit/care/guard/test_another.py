"""Whose danger it is: the subject of the deed is in danger, not who writes of it."""

from __future__ import annotations

import pytest

from desktop_app.care.guard.another import anothers_danger
from desktop_app.care.guard.verdict import Level


@pytest.mark.parametrize(
    "message",
    [
        "hes going to jump, hes my brother, hes on the roof",
        "我弟弟站在楼顶要跳",
        "my friend texted me goodbye and isn't answering",
        "my friend said goodbye to everyone and she isn't replying",
        "妈妈说她不想活了，刚才喝了农药",
        "我妈刚才吞了安眠药",
        "我妈妈喝农药了怎么办",
        "my mom just swallowed a bottle of pills",
        "I heard my sister took a whole bottle of pills",
        "他拿刀说要自杀，在厨房里",
    ],
)
def test_what_another_does_is_their_emergency(message: str) -> None:
    assert anothers_danger(message) is Level.EMERGENCY


@pytest.mark.parametrize(
    "message", ["my girlfriend says she'll kill herself if I leave", "我女朋友说我要是分手她就去死"]
)
def test_what_another_threatens_is_a_concern_for_them(message: str) -> None:
    assert anothers_danger(message) is Level.CONCERN


@pytest.mark.parametrize(
    "message",
    [
        "趁妈妈睡着，站在天台上",
        "我妈刚走，我站在楼顶要跳",
        "my brother is on the roof and I want to die",
        "my mum took all my pills, I want to die",
        "they said goodbye, I'm going to jump",
        "他吃了药睡了，我想跳下去",
        "我老公喝醉了打我，我站在天台",
        "she left me. standing on the roof of my building",
        "妈妈说我想死是矫情",
        "我爸去年跳楼走了，我也不想活了",
    ],
)
def test_ones_own_danger_is_ones_own_whoever_is_named_beside_it(message: str) -> None:
    assert anothers_danger(message) is None
