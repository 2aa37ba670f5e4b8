"""What is taken out of a message before anything is looked for in it."""

from __future__ import annotations

import time

import pytest

from desktop_app.care.guard.reading import IDIOM, read


@pytest.mark.parametrize(
    "message",
    [
        "我爸打我电话",
        "今天站在天台上拍日落，好美",
        "奶奶吃了一片维生素",
        "今晚最后一晚在宿舍！",
        "my husband took his meds with breakfast",
        "He went down to the river to fish",
    ],
)
def test_what_is_harmless_alone_is_taken_out_of_a_message_that_says_nothing_else(
    message: str,
) -> None:
    assert IDIOM in read(message).text


@pytest.mark.parametrize(
    "message",
    [
        "我爸打我电话说要来弄死我",
        "站在天台上拍日落，拍完就没有我了",
        "奶奶吃了一片维生素，不省人事",
        "今晚最后一晚在宿舍。东西都送人了",
        "写好了信，今晚最后一晚在宿舍",
        "my husband took his meds with breakfast and won't get up",
        "He went down to the river to fish and never came back",
    ],
)
def test_it_stays_in_one_that_says_anything_more(message: str) -> None:
    assert IDIOM not in read(message).text


@pytest.mark.parametrize(
    "message", ["爸爸妈妈我的" * 700, "my mum just has already today and " * 120 + "z"]
)
def test_a_long_message_of_such_words_is_soon_read(message: str) -> None:
    begun = time.perf_counter()

    read(message)

    assert time.perf_counter() - begun < 2
