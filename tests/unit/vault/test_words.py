from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.text import IDEOGRAPHS, fold
from desktop_app.vault.words import WORD, Term, indexed, terms


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("焦慮", "焦虑"),
        ("頭髮", "头发"),
        ("睡不著", "睡不着"),
        ("瞭解", "了解"),
        ("藉口", "借口"),
        ("多餘", "多余"),
        ("多馀", "多余"),
        ("裡面", "里面"),
        ("裏面", "里面"),
        ("臺灣", "台湾"),
        ("一隻", "一只"),
        ("衹有", "只有"),
        ("祇有", "只有"),
        ("後來", "后来"),
        ("乾淨", "干净"),
        ("幹嘛", "干嘛"),
        ("麵包", "面包"),
        ("發燒", "发烧"),
        ("經歷", "经历"),
        ("日曆", "日历"),
        ("關係", "关系"),
        ("聯繫", "联系"),
        ("製作", "制作"),
        ("準備", "准备"),
        ("衝動", "冲动"),
        ("放鬆", "放松"),
        ("穀物", "谷物"),
        ("佈置", "布置"),
        ("週末", "周末"),
        ("纔能", "才能"),
        ("迴避", "回避"),
        ("夥伴", "伙伴"),
        ("願意", "愿意"),
        ("呼籲", "呼吁"),
        ("範圍", "范围"),
        ("特徵", "特征"),
        ("薑", "姜"),
        ("噁心", "恶心"),
        ("憎惡", "憎恶"),
        ("鬍子", "胡子"),
        ("獲得", "获得"),
        ("收穫", "收获"),
        ("簽名", "签名"),
        ("抽籤", "抽签"),
        ("瀰漫", "弥漫"),
        ("為什麼", "为什么"),
        ("爲什麽", "为什么"),
        ("甚麼", "什么"),
        ("姊姊", "姐姐"),
        ("沈默", "沉默"),
        ("瀋陽", "沈阳"),
        ("牠們", "它们"),
        ("黏著", "粘着"),
        ("揹負", "背负"),
        ("痠痛", "酸痛"),
        ("儘管", "尽管"),
        ("鬱悶", "郁闷"),
        ("乾隆", "乾隆"),
        ("ＡＢＣ１２３", "abc123"),
        ("ﾒﾝﾀﾙ", "メンタル"),
        ("Straße", "STRASSE"),
        ("e\u0301", "é"),
        ("Café", "cafe"),
        ("naïve", "NAIVE"),
        ("Việt", "viet"),
        ("カラオケ", "からおけ"),
        ("ｶﾞｰﾃﾞﾝ", "がーでん"),
        ("한국", "한국"),
        ("ㅎㅏ", "하"),
        ("親暱", "亲昵"),
        ("衞生署", "卫生署"),
        ("諮詢", "咨询"),
        ("谘詢", "咨询"),
        ("踡縮", "蜷缩"),
        ("女壻", "女婿"),
        ("枱燈", "台灯"),
        ("彷彿", "仿佛"),
        ("慇懃", "殷勤"),
        ("鍾情", "钟情"),
        ("帳號", "账号"),
        ("鉅額", "巨额"),
        ("逕自", "径自"),
        ("屋簷", "屋檐"),
        ("糢糊", "模糊"),
        ("蹧蹋", "糟蹋"),
        ("儍瓜", "傻瓜"),
        ("寃枉", "冤枉"),
        ("打刧", "打劫"),
        ("水菓", "水果"),
        ("保祐", "保佑"),
        ("摀住", "捂住"),
        ("罣念", "挂念"),
        ("讌會", "宴会"),
        ("屋邨", "屋村"),
        ("花朶", "花朵"),
    ],
)
def test_spellings_of_one_word_are_one(written: str, asked: str) -> None:
    assert fold(written) == fold(asked)


def test_what_is_one_already_stays_as_it_is() -> None:
    written = "".join(chr(code) for code in range(*IDEOGRAPHS))

    assert fold(fold(written)) == fold(written)


@pytest.mark.parametrize(("one", "other"), [("か", "が"), ("ハ", "ぱ"), ("o", "a")])
def test_another_sound_is_another_word(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("睡不着", "睡 不 着"),
        ("night睡了3小时", "night 睡 了 3 小 时"),
        ("👩‍👩‍👧好", "👩 👩 👧 好"),
        ("don't_stop", "don t stop"),
        ("\"'%_*() AND\0", "and"),
        ("？！…", ""),
    ],
)
def test_each_ideograph_and_pictograph_is_a_word(text: str, words: str) -> None:
    assert indexed(text) == words


@given(text=st.text() | st.text(alphabet="睡不着慮aﬃé\u0301 C+#<3:)。かｶﾞ…"), data=st.data())
def test_words_side_by_side_are_found_at_their_place(text: str, data: st.DataObject) -> None:
    """What the index finds, an excerpt marks."""
    words = WORD.findall(fold(text))
    if words:
        first = data.draw(st.integers(0, len(words) - 1))
        term = Term(tuple(words[first : first + data.draw(st.integers(1, 4))]))

        begin, end = next(term.places(fold(text)))

        there = WORD.findall(fold(text)[begin:end])
        assert there == list(term.words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("焦😭虑", ("焦", "虑")),
        ("a :) b", ("a", "b")),
        ("cat", ("a",)),
        ("C++", ("c",)),
        ("1<38", ("<", "3")),
    ],
)
def test_what_stands_between_or_around_makes_another_word(
    text: str, words: tuple[str, ...]
) -> None:
    assert list(Term(words).places(fold(text))) == []


@given(st.text())
def test_any_query_is_words_side_by_side(query: str) -> None:
    for term in terms(query):
        words = term.match().removesuffix(" *")[1:-1].split(" ")
        assert all(word and not set(word) & set("\"*'()\0") for word in words)
        assert len(words) == len(term.words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("C++ and c#, 1+1=2", ["c++", "and", "c#", "1+", "1", "2"]),
        ("好<3 :) :-( ^_^", ["好", "<", "3", ":)", ":-(", "^_^"]),
        ("9<3 答案：D :-P", ["9", "<", "3", "答", "案", ":", "d", ":-", "p"]),
        (
            "12:30, 2:3, 1<38, http://a.b",
            ["12", "30", "2", "3", "1", "38", "http", "://", "a", "b"],
        ),
    ],
)
def test_a_word_may_have_signs_and_a_face_is_one(text: str, words: list[str]) -> None:
    assert WORD.findall(fold(text)) == words


def test_quotation_marks_of_any_kind_make_a_phrase() -> None:
    for query in ('"at night"', "“at night”", "「at night」"):
        assert [term.words for term in terms(query)] == [("at", "night")]


def test_a_latin_word_may_go_on_and_a_quoted_one_not() -> None:
    bare, quoted = terms('sle "nig"')

    assert (bare.unfinished, quoted.unfinished) == (True, False)
