"""A text denies what another affirms, or it does not: words of denial, how far they reach."""

from __future__ import annotations

import pytest

from desktop_app.conversation.denial import contradicts


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("我想过自杀。", "来访者从来没有想过自杀。"),
        ("我想过自杀。", "來訪者從來沒有想過自殺。"),
        ("药都准备好了。", "药没有准备好。"),
        ("我丈夫打我。", "丈夫不打来访者了。"),
        ("我妈妈去年去世了。", "妈妈去年没有去世。"),
        ("我会跟姐姐说。", "她无法跟姐姐说。"),
        ("我喝酒。", "她已停止喝酒。"),
        ("我恨他。", "她不恨他。"),
        ("老板总是骂我。", "老板从不骂她。"),
        ("I have the pills ready.", "The pills are not ready."),
        ("I have thought about killing myself.", "She never thought about killing herself."),
        ("I drink every night.", "She stopped drinking."),
        ("We talk every week.", "They hardly talk."),
        ("He hit me.", "He didn't hit her."),
        ("He hit me.", "He didn’t hit her."),
        ("He hit me.", "He didnt hit her."),
    ],
)
def test_either_is_contradicted_by_the_other(one: str, other: str) -> None:
    assert contradicts(one, other)
    assert contradicts(other, one)


@pytest.mark.parametrize(
    ("said", "summary"),
    [
        ("我睡不好，换了组长。", "她睡不好，换了组长。"),
        ("我睡不好，換了組長。", "她睡不好，换了组长。"),
        ("室友说话我忍不住想哭。", "她想哭。"),
        ("我控制不住发脾气。", "她常发脾气。"),
        ("我不得不辞职。", "她辞职了。"),
        ("我没想到他出轨。", "丈夫出轨。"),
        ("我特别想念外婆。", "她想念外婆。"),
        ("我不知道要不要换工作。", "她在考虑换工作。"),
        ("我不想上班，因为老板骂人。", "老板骂人，她不想上班。"),
        ("我不想上班但是要还房贷。", "她要还房贷。"),
        ("我对代码一点兴趣都没有。", "她对代码没有兴趣。"),
        ("我没打过孩子。孩子五岁。", "孩子五岁。"),
        ("他不爱我。", "妈妈去年去世。"),
        ("I can't sleep since my mother died.", "Her mother died and she cannot sleep."),
        ("I can't stop crying.", "She is crying a lot."),
        ("I don't know if he loves me.", "She wonders whether he loves her."),
        ("No wonder my boss shouts.", "Her boss shouts."),
        ("I want a dog.", "She wants a dog."),
    ],
)
def test_what_says_the_same_or_nothing_of_it_does_not_contradict(said: str, summary: str) -> None:
    assert not contradicts(summary, said)


def test_what_was_said_both_ways_may_be_said_either_way() -> None:
    said = "我想上班。有时候我不想上班。"

    assert not contradicts("她不想上班。", said)
    assert not contradicts("她想上班。", said)
