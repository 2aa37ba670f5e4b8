"""Whose danger it is: the subject of the deed is in danger, not who writes of it."""

from __future__ import annotations

import pytest

from desktop_app.care.guard.another import anothers_danger, threatens_who_writes
from desktop_app.care.guard.mourning import another_is_gone
from desktop_app.care.guard.said import Said
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
    assert anothers_danger(Said.of(message)) is Level.EMERGENCY


@pytest.mark.parametrize(
    "message", ["my girlfriend says she'll kill herself if I leave", "我女朋友说我要是分手她就去死"]
)
def test_what_another_threatens_is_a_concern_for_them(message: str) -> None:
    assert anothers_danger(Said.of(message)) is Level.CONCERN


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
    assert anothers_danger(Said.of(message)) is None


@pytest.mark.parametrize(
    "message",
    [
        "my boyfriend has a gun and says he will kill himself and me",
        "he says he will kill himself if I leave and he has locked me in",
        "my husband is threatening to shoot himself and the kids",
        "我老公拿着刀说要杀了我再自杀",
        "他要自杀，还把我锁在房间里",
    ],
)
def test_who_threatens_the_writer_too_is_nobody_to_stay_with(message: str) -> None:
    assert anothers_danger(Said.of(message)) is None
    assert threatens_who_writes(Said.of(message))


@pytest.mark.parametrize(
    "message",
    [
        "my brother is threatening to kill himself",
        "我弟弟把自己反锁在房间里，说要自杀",
        "他打我电话说要自杀",
    ],
)
def test_a_threat_against_oneself_alone_is_none_against_the_writer(message: str) -> None:
    assert not threatens_who_writes(Said.of(message))


@pytest.mark.parametrize(
    "message",
    [
        "she told me to jump and I want to",
        "我爸说想死就去死",
        "同学在群里说让我去自杀",
        "我女朋友想死，我们约好了一起",
        "my boyfriend wants to die and so do i",
        "妈妈说不想活，其实不想活的是我",
    ],
)
def test_an_impulse_that_is_shared_or_urged_on_is_the_writers(message: str) -> None:
    assert anothers_danger(Said.of(message)) is None


@pytest.mark.parametrize(
    "message",
    [
        "my friend texted me to say goodbye and isn't answering",
        "我也是刚知道，我妹妹吞了药",
        "she told me he took a bottle of pills",
        "他告诉我他吞了安眠药",
    ],
)
def test_what_somebody_told_of_another_is_the_others(message: str) -> None:
    assert anothers_danger(Said.of(message)) is Level.EMERGENCY


@pytest.mark.parametrize(
    "message",
    [
        "我弟跳楼了",
        "我妈从六楼跳下去了",
        "我哥卧轨了",
        "my brother walked onto the tracks",
        "she walked into the river",
        "my sister walked into the motorway",
    ],
)
def test_who_has_leapt_or_walked_under_a_train_is_an_emergency(message: str) -> None:
    assert anothers_danger(Said.of(message)) is Level.EMERGENCY


@pytest.mark.parametrize(
    "message",
    [
        "我哥去跳伞了",
        "我弟站在江边看烟花",
        "我朋友说跳楼价，便宜死了",
        "我们学校有个女生跳楼了，大家都在议论",
        "my brother drove onto the motorway",
        "my wife has gone to the river to fish",
        "my dad walked to the river",
    ],
)
def test_a_river_and_a_leap_are_most_often_harmless(message: str) -> None:
    assert anothers_danger(Said.of(message)) is None


@pytest.mark.parametrize(
    "message", ["我爸吃了退烧药二十片", "我妈吃了降压药，吃了两板", "儿子把胃药全吃了，一盒"]
)
def test_much_of_any_medicine_is_an_overdose(message: str) -> None:
    assert anothers_danger(Said.of(message)) is Level.EMERGENCY


@pytest.mark.parametrize(
    "message",
    ["我妈吃了降压药，一片", "我妈吃了感冒药，吃了两盒也没好", "我爸喝了两瓶酒，吃了感冒药"],
)
def test_a_course_of_medicine_is_none(message: str) -> None:
    assert anothers_danger(Said.of(message)) is None


def test_who_says_they_would_die_and_is_shut_in_is_in_danger_now() -> None:
    assert anothers_danger(Said.of("我女儿说活着没意思，把门反锁了")) is Level.EMERGENCY
    assert anothers_danger(Said.of("我女儿说活着没意思")) is Level.CONCERN


def test_out_of_ones_skin_nobody_jumps_to_their_death() -> None:
    assert anothers_danger(Said.of("he's going to jump out of his skin")) is not Level.EMERGENCY
    assert anothers_danger(Said.of("he's going to jump out of the window")) is Level.EMERGENCY


@pytest.mark.parametrize(
    "message",
    [
        "我爷爷喝了农药，已经走了",
        "我爷爷喝了农药，上个月的事",
    ],
)
def test_who_is_dead_or_was_in_danger_long_ago_is_not_to_be_saved_now(message: str) -> None:
    assert another_is_gone(Said.of(message))
    assert anothers_danger(Said.of(message)) is None


@pytest.mark.parametrize(
    "message",
    [
        "我妈喝了农药，以前也喝过",
        "我弟弟留了遗书，已经走了",
        "my sister took pills last year and she is taking them now",
    ],
)
def test_what_was_before_does_not_end_what_is_now(message: str) -> None:
    assert not another_is_gone(Said.of(message))
    assert anothers_danger(Said.of(message)) is Level.EMERGENCY


def test_own_death_beside_anothers_is_not_taken_for_what_is_over() -> None:
    assert not another_is_gone(Said.of("my friend hanged himself last month and I want to die"))
