from __future__ import annotations

import pytest

from desktop_app.care.guard.plain import plain


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("我想自殺", "我想自杀"),
        ("Ｉ　ｗａｎｔ ｔｏ ｄｉｅ", "i want to die"),
        ("自\u200b杀", "自杀"),
        ("自 杀", "自杀"),
        ("自*杀", "自杀"),
        ("想自鲨", "想自杀"),
        ("紫砂了算了", "自杀了算了"),
        ("好想4", "好想死"),
        ("想似了", "想死了"),
        ("zi sha", "自杀"),
        ("wo xiang zi sha", "我想自杀"),
        ("woxiangzisha", "我想自杀"),
        ("饮咗农药", "喝了农药"),
        ("bu xiang huo", "不想活"),
        ("wo zhen de hao lei", "我真的好累"),
        ("唔想做人", "不想做人"),
        ("佢喺天台", "他在天台"),
        ("k i l l", "kill"),
        ("s.u.i.c.i.d.e", "suicide"),
        ("su1c1de", "suicide"),
        ("k*ll", "kill"),
        ("diiiiie", "die"),
        ("wanna die", "want to die"),
        ("I don’t", "i dont"),
        ("kms", "kill myself"),
    ],
)
def test_a_disguised_word_is_undone(written: str, meant: str) -> None:
    assert plain(written) == meant


@pytest.mark.parametrize(
    "harmless",
    [
        "紫砂壶泡茶",
        "我和4个朋友去玩",
        "see you at 4",
        "a good book",
        "we can meet on the men side",
        "renaming files",
    ],
)
def test_what_only_looks_like_a_disguise_stays(harmless: str) -> None:
    assert plain(harmless) == harmless
