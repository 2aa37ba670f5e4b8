"""What one message by itself is taken for. None of these sentences was learnt from."""

from __future__ import annotations

import pytest

from desktop_app.care.guard.message import judge_message
from desktop_app.care.guard.verdict import Action, Category, Level

SUICIDE, SELF_HARM = Category.SUICIDE, Category.SELF_HARM
OTHERS, ABUSE = Category.HARM_TO_OTHERS, Category.ABUSE


@pytest.mark.parametrize(
    "message",
    [
        "我已经把安眠药都倒出来了，今晚就吃",
        "遗书压在键盘下面了，明早他们会看到",
        "我决定这周日自杀",
        "我準備好了繩子，等家人出門就上吊",
        "我買咗炭，今晚就燒",
        "i'm going to kill myself on sunday night",
        "I have written a suicide note and I know where the gun is",
        "I'm going to jump off the bridge tonight",
        "I tried to hang myself yesterday and nobody knows",
    ],
)
def test_a_plan_an_act_or_an_attempt_is_an_emergency(message: str) -> None:
    verdict = judge_message(message)

    assert verdict.level is Level.EMERGENCY
    assert SUICIDE in verdict.categories
    assert verdict.action is Action.CARD_FIRST


@pytest.mark.parametrize(
    "message",
    [
        "我坐在十九楼的窗台上，腿在外面",
        "药都抠出来摆在面前了，一共六十颗",
        "我吞了五十颗安定，头开始晕",
        "i've got the cord around my neck already",
        "I climbed over the railings and my feet are hanging",
        "swallowed about forty of the painkillers with whisky",
        "My sister has barricaded the door and says she's swallowed something",
    ],
)
def test_means_in_hand_and_what_has_begun_are_high_at_least(message: str) -> None:
    assert judge_message(message).level.rank >= Level.HIGH.rank


@pytest.mark.parametrize("message", ["怎么自杀才不会痛", "what is the most painless way to die"])
def test_asking_for_means_is_an_emergency_and_named(message: str) -> None:
    verdict = judge_message(message)

    assert verdict.level is Level.EMERGENCY
    assert Category.MEANS_SEEKING in verdict.categories


@pytest.mark.parametrize(
    "message", ["昨晚我吞了一整瓶药，今天才醒", "i've just swallowed all of my sleeping pills"]
)
def test_poison_in_the_body_is_a_medical_emergency(message: str) -> None:
    assert Category.MEDICAL_EMERGENCY in judge_message(message).categories


@pytest.mark.parametrize(
    "message",
    [
        "我真的不想活了",
        "最近每天都想自杀",
        "我覺得死了算了",
        "唔想再做人喇",
        "想紫砂",
        "bu xiang huo le",
        "好 想 死",
        "I want to die",
        "honestly wish i was dead",
        "i wanna k*ll myself",
        "su1c1dal thoughts all night",
    ],
)
def test_a_wish_to_die_is_high_however_it_is_spelt(message: str) -> None:
    verdict = judge_message(message)

    assert verdict.level.rank >= Level.HIGH.rank
    assert SUICIDE in verdict.categories


@pytest.mark.parametrize(
    ("message", "category"),
    [
        ("一难受就想划自己的手臂", SELF_HARM),
        ("i keep burning myself when i'm upset", SELF_HARM),
        ("我想杀了我继父", OTHERS),
        ("I want to stab my boss, I mean it", OTHERS),
        ("叔叔经常摸我下面，我不敢说", ABUSE),
        ("my husband beats me when he drinks", ABUSE),
        ("I was raped last weekend", ABUSE),
        ("老板把我的护照锁起来了，不让我出门", ABUSE),
        ("my husband took my phone and my bank cards and won't let me leave", ABUSE),
        ("i keep a razor in my pencil case for when it gets bad", SELF_HARM),
        ("他几点下班我都查好了，刀就在包里，等他落单", OTHERS),
    ],
)
def test_other_dangers_are_noticed_and_named(message: str, category: Category) -> None:
    verdict = judge_message(message)

    assert verdict.level is not Level.NONE
    assert category in verdict.categories


@pytest.mark.parametrize(
    "message",
    [
        "没有我大家都会过得更好",
        "真羡慕墓碑上那些人，不用再醒了",
        "thinking of clocking out of life early",
        "真希望明天不要再醒过来",
        "everyone would be better off if i was gone",
        "i hope i never wake up",
    ],
)
def test_a_veiled_wish_is_noticed(message: str) -> None:
    assert judge_message(message).level is not Level.NONE


@pytest.mark.parametrize(
    "message",
    [
        "我室友说她不想活了，我很担心",
        "妈妈差点跳楼",
        "我女儿写了遗书",
        "my friend told me she wants to kill herself",
        "my brother tried to kill himself last week",
    ],
)
def test_another_persons_danger_is_a_concern(message: str) -> None:
    assert judge_message(message).level is Level.CONCERN


@pytest.mark.parametrize(
    "message",
    [
        "我十年前想过自杀，后来走出来了，现在很好",
        "years ago i was suicidal, i got help and i'm happy now",
    ],
)
def test_what_is_over_is_no_more_than_a_concern(message: str) -> None:
    assert judge_message(message).level.rank <= Level.CONCERN.rank


@pytest.mark.parametrize(
    "message",
    [
        "我没有想死，就是有点累",
        "我从来没想过自杀",
        "I'm not suicidal, just worn out",
        "i would never kill myself",
    ],
)
def test_a_denial_alone_is_no_danger(message: str) -> None:
    assert judge_message(message).level is Level.NONE


@pytest.mark.parametrize(
    "message",
    ["没有人想要我活着", "特别想自杀", "有没有不痛的死法", "I'm not joking, I want to die"],
)
def test_a_denying_word_that_denies_something_else_changes_nothing(message: str) -> None:
    assert judge_message(message).level is not Level.NONE


@pytest.mark.parametrize(
    "message",
    [
        "笑死我了这个视频",
        "今天加班累死了",
        "饿死了，快点上菜",
        "我快被热死了",
        "this homework is killing me",
        "i'm dying of laughter",
        "my phone battery is dead",
        "想死你了，快回来",
        "她上课讲得太催眠，我困死了",
        "I overdosed on rom coms this weekend",
        "我想把蚊子杀了",
        "I overdosed on chocolate at easter",
        "I want to die on this hill: pineapple belongs on pizza",
        "i'm going to kill it on stage tonight",
    ],
)
def test_idiom_and_hyperbole_are_no_danger(message: str) -> None:
    assert judge_message(message).level is Level.NONE


@pytest.mark.parametrize(
    "message",
    [
        "昨晚看的电影里男主自杀了",
        "我在写一篇关于自杀的论文",
        "歌词里唱“我想死”，旋律很好听",
        "the villain in the movie kills himself",
        "I'm reading a novel about a murder",
    ],
)
def test_films_books_and_quotation_are_no_danger(message: str) -> None:
    assert judge_message(message).level is Level.NONE


@pytest.mark.parametrize(
    "message",
    [
        "谢谢你，我会试试看的",
        "最近工作压力有点大，睡不好",
        "分手了，心里空空的",
        "想离开这座城市换个环境",
        "I had a fight with my sister and feel sad",
        "work is stressful and I sleep badly",
        "",
    ],
)
def test_sadness_and_everyday_talk_are_no_danger(message: str) -> None:
    verdict = judge_message(message)

    assert (verdict.level, verdict.categories, verdict.action) == (Level.NONE, (), Action.NONE)


def test_an_everyday_phrase_beside_it_does_not_make_light_of_danger() -> None:
    assert judge_message("我在打字跟你说，我真的不想活了").level.rank >= Level.HIGH.rank


@pytest.mark.parametrize("message", ["我今年14岁，我想死", "i'm 13 and i want to die"])
def test_a_young_persons_danger_says_so(message: str) -> None:
    assert Category.MINOR_AT_RISK in judge_message(message).categories


def test_danger_at_the_end_of_a_very_long_message_is_noticed() -> None:
    assert judge_message("今天天气很好。" * 5000 + "我今晚要自杀。").level.rank >= Level.HIGH.rank


@pytest.mark.parametrize("message", ["每天痛得想死", "疼得我想死，什么药都不管用"])
def test_pain_past_bearing_is_no_figure_of_speech(message: str) -> None:
    assert judge_message(message).level is not Level.NONE


@pytest.mark.parametrize(
    "message",
    ["开了一上午的会，想死的心都有了", "怎么想不开选了早八的课", "kms i sent it to my boss 💀"],
)
def test_words_of_dying_in_a_complaint_are_not_high(message: str) -> None:
    assert judge_message(message).level.rank < Level.HIGH.rank


@pytest.mark.parametrize(
    "message",
    [
        "老公说想死，我也一样，已经把孩子送到外婆家了，今晚一起走",
        "She said she wants to die and I said me too. The pills are on the table for tonight.",
        "mom said she wants to kill herself because of me. i'm on the roof, i'll save her that",
    ],
)
def test_who_would_go_with_another_is_heard(message: str) -> None:
    assert judge_message(message).level.rank >= Level.HIGH.rank
