"""Who saw somebody die."""

from __future__ import annotations

import pytest

from desktop_app.care.guard.reading import read
from desktop_app.care.guard.witness import has_seen, may_be_saved


@pytest.mark.parametrize(
    "message",
    ["昨天学校有人跳楼了", "昨天小区有人跳楼了，我很害怕", "i saw a man jump off a building"],
)
def test_a_strangers_death_and_grief_is_a_shock(message: str) -> None:
    assert has_seen(read(message))
    assert not may_be_saved(read(message))


@pytest.mark.parametrize(
    "message",
    [
        *("小区有人跳楼，还有呼吸，没人管", "宿舍有人上吊了，刚发现", "我撞见有人上吊，绳子还晃"),
        *("我目睹我女儿跳楼，现在在地上", "我亲眼看到我爸上吊"),
        "i just saw a man jump off the bridge, he's still in the water",
        "I saw my brother hang himself",
    ],
)
def test_who_may_be_alive_or_is_ones_own_is_to_be_saved(message: str) -> None:
    assert may_be_saved(read(message))
    assert not has_seen(read(message))


@pytest.mark.parametrize(
    "message",
    [
        *(
            "我目睹有人跳桥，我也准备跳了",
            "我们楼有人跳楼了，下一个是我",
            "小区有人跳楼了，我羡慕她",
        ),
        "I saw a woman jump. I keep thinking it should have been me",
    ],
)
def test_who_would_do_it_too_is_no_witness(message: str) -> None:
    assert not has_seen(read(message))
    assert not may_be_saved(read(message))


@pytest.mark.parametrize(
    "message", ["看到有人跳楼的新闻", "我看到我儿子跳下来接我", "I saw my brother hang the picture"]
)
def test_what_is_told_elsewhere_or_at_play_was_not_seen(message: str) -> None:
    assert not has_seen(read(message))
    assert not may_be_saved(read(message))
