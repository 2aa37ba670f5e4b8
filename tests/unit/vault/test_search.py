from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.vault.records import new_session_id
from desktop_app.vault.search import Hit
from desktop_app.vault.vault import Vault
from desktop_app.vault.words import indexed

SHARED_VAULT = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def say(vault: Vault, session: str, *texts: str) -> list[int]:
    return [vault.sessions.add(session, Turn(Role.USER, text)) for text in texts]


def found(vault: Vault, query: str) -> list[str]:
    return [hit.session for hit in vault.search.find(query)]


def marked(hit: Hit) -> list[str]:
    shown = hit.excerpt
    return [shown.text[begin:end] for begin, end in shown.marks]


@pytest.mark.parametrize(
    "query",
    [
        "睡",
        "焦虑",
        "睡不着",
        "很焦虑啊",
        "焦慮",
        "睡不著",
        "ｎｉｇｈｔ",
        "NIGHT",
        "nig",
        '"at night"',
        "night 焦虑",
        "焦虑 睡不着",
        "3点",
        "😭",
    ],
)
def test_what_was_said_is_found(vault: Vault, query: str) -> None:
    say(vault, "a", "最近很焦虑啊，晚上睡不着，at Night 3点还醒着😭")
    say(vault, "b", "今天天气很好，出去走了走")

    assert found(vault, query) == ["a"]


@pytest.mark.parametrize("query", ["虑很", "不睡", '"night at"', '"nig"', "焦虑 天气", "着睡"])
def test_words_in_another_order_or_half_a_phrase_are_not(vault: Vault, query: str) -> None:
    say(vault, "a", "最近很焦虑，睡不着，at night")
    say(vault, "b", "今天天气很好")

    assert found(vault, query) == []


@given(st.text(max_size=40) | st.sampled_from(['"', "*", "a AND", "NEAR(", "'; --", "\0", "^a"]))
@SHARED_VAULT
def test_no_query_is_an_error(vault: Vault, query: str) -> None:
    vault.search.find(query)


@given(text=st.text(alphabet="睡不着焦慮虑 aＡ1，。", min_size=1, max_size=30), data=st.data())
@SHARED_VAULT
def test_any_part_of_a_text_finds_it(vault: Vault, text: str, data: st.DataObject) -> None:
    (turn,) = say(vault, "a", text)
    words = indexed(text).split()
    if words:
        first = data.draw(st.integers(0, len(words) - 1))
        part = words[first : first + data.draw(st.integers(1, 4))]

        hits = vault.search.find(f'"{" ".join(part)}"')

        assert turn in [hit.turn for hit in hits] or len(hits) == 100


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("C++", "我在学 C++，很难"),
        ("Ｃ＋＋", "c++ again"),
        ("c#", "C#语言"),
        ("<3", "love you <3"),
        (":)", "好的 :)"),
        (":D", "ok :D"),
        ("cafe", "在 Café 坐着"),
        ("café", "in the cafe"),
        ("カラオケ", "去唱からおけ"),
        ("1+1", "1+1=2"),
    ],
)
def test_signs_that_make_a_word_and_other_spellings_are_found(
    vault: Vault, query: str, said: str
) -> None:
    say(vault, "a", said)
    say(vault, "b", "c code cat 38 3 d day 天气 1 2")

    assert found(vault, query) == ["a"]
    assert marked(vault.search.find(query)[0])


def test_a_word_that_a_sign_ends_does_not_go_on(vault: Vault) -> None:
    say(vault, "a", "a cat")

    assert (found(vault, "ca"), found(vault, "ca,"), found(vault, "cat,")) == (["a"], [], ["a"])


@pytest.mark.parametrize("query", ["？！", "。", "...", '""', " "])
def test_signs_alone_are_known_for_what_they_are(vault: Vault, query: str) -> None:
    say(vault, "a", "真的？！……好。")

    assert not vault.search.holds_words(query)
    assert found(vault, query) == []


def test_titles_are_found_too_and_come_first(vault: Vault) -> None:
    say(vault, "a", "第一句")
    say(vault, "b", "第二句", "关于睡眠")
    say(vault, "c", "第三句")
    for session, title in {"a": "睡眠 Café", "b": "睡眠", "c": "工作"}.items():
        vault.sessions.rename(session, title)

    hits = vault.search.find("睡眠")

    assert [(hit.session, hit.turn is None) for hit in hits] == [
        ("b", True),
        ("a", True),
        ("b", False),
    ]
    assert marked(hits[1]) == ["睡眠"]
    assert found(vault, "睡眠 cafe") == ["a"]
    assert len(vault.search.find("睡眠", most=1)) == 1
    assert [hit.turn for hit in vault.search.find("睡眠", session="a")] == []


def test_that_older_hits_are_left_out_is_known(vault: Vault) -> None:
    say(vault, "a", *["焦虑"] * 4)

    assert (len(vault.search.find("焦虑", most=3)), vault.search.cut_short) == (3, True)
    assert (len(vault.search.find("焦虑", most=4)), vault.search.cut_short) == (4, False)
    assert (len(vault.search.find("别的", most=1)), vault.search.cut_short) == (0, False)


@pytest.mark.parametrize(
    ("titles", "turns", "most", "shown"),
    [(9, 9, 4, (2, 2)), (9, 1, 4, (3, 1)), (1, 9, 4, (1, 3)), (9, 0, 4, (4, 0)), (2, 2, 4, (2, 2))],
)
def test_titles_leave_room_for_what_was_said(
    vault: Vault, titles: int, turns: int, most: int, shown: tuple[int, int]
) -> None:
    for number in range(titles):
        say(vault, f"titled{number}", "你好")
        vault.sessions.rename(f"titled{number}", "睡眠")
    say(vault, "a", *["睡眠"] * turns)

    hits = vault.search.find("睡眠", most=most)

    of_titles = sum(hit.turn is None for hit in hits)
    assert (of_titles, len(hits) - of_titles) == shown
    assert vault.search.cut_short is (titles + turns > most)


def test_titles_are_of_conversations_of_the_days_asked_for_and_not_of_the_trash(
    vault: Vault,
) -> None:
    say(vault, "a", "你好")
    vault.sessions.rename("a", "睡眠")
    now, day = datetime.now(UTC), timedelta(days=1)

    assert vault.search.find("睡眠", since=now - day, until=now + day)
    assert not vault.search.find("睡眠", since=now + day)
    vault.sessions.delete("a")
    assert not vault.search.find("睡眠")


def test_a_title_that_changed_is_found_by_its_new_words(vault: Vault) -> None:
    say(vault, "a", "你好")
    vault.sessions.rename("a", "睡眠")
    assert found(vault, "睡眠") == ["a"]

    vault.sessions.rename("a", "工作")

    assert (found(vault, "睡眠"), found(vault, "工作")) == ([], ["a"])


def test_an_excerpt_is_cut_when_it_is_looked_at(vault: Vault) -> None:
    say(vault, "a", *["焦虑"] * 30)

    first, *others = vault.search.find("焦虑")

    assert marked(first) == ["焦虑"]
    assert not any("excerpt" in vars(hit) for hit in others)


@pytest.mark.timeout(60)  # a cut that grew with the square took minutes
@pytest.mark.parametrize("filling", ["睡不着，今天", "睡……不着é"])
def test_a_long_text_is_cut_where_the_word_stands(vault: Vault, filling: str) -> None:
    say(vault, "a", filling * 30_000 + "焦慮")

    (hit,) = vault.search.find("焦虑")

    assert marked(hit) == ["焦慮"]
    assert len(hit.excerpt.text) < 100


@given(created=st.lists(st.integers(0, 9), min_size=1, max_size=30), data=st.data())
@SHARED_VAULT
def test_days_are_exact_whatever_the_clock_did(
    vault: Vault, created: list[int], data: st.DataObject
) -> None:
    name = new_session_id()
    vault.sessions._clock = iter([created[0], *created]).__next__
    say(vault, name, *["焦虑"] * len(created))
    since, until = (datetime.fromtimestamp(data.draw(st.integers(0, 10)), UTC) for _ in "ab")

    hits = vault.search.find("焦虑", since=since, until=until)
    here = vault.search.find("焦虑", since=since, until=until, session=name)

    expected = [at for at in created if since.timestamp() <= at < until.timestamp()]
    assert [hit.created.timestamp() for hit in here] == expected[::-1]
    assert {hit.turn for hit in here} <= {hit.turn for hit in hits} or len(hits) == 100


def test_the_ends_of_the_calendar_are_moments_too(vault: Vault) -> None:
    say(vault, "a", "焦虑")
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

    assert len(vault.search.find("焦虑", since=first, until=last)) == 1
    assert not vault.search.find("焦虑", since=last)
    assert not vault.search.find("焦虑", until=first)


def test_thousands_of_words_are_cut_short(vault: Vault) -> None:
    say(vault, "a", "睡 " * 200)

    assert found(vault, "睡 " * 5000) == ["a"]


def test_the_words_stand_marked_in_an_excerpt(vault: Vault) -> None:
    say(vault, "a", "开头" * 40 + "我很焦慮，\n睡不著" + "。" * 100)

    (hit,) = vault.search.find("睡不着 焦虑")

    assert marked(hit) == ["焦慮", "睡不著"]
    assert hit.excerpt.text.startswith("…")
    assert hit.excerpt.text.endswith("…")
    assert "\n" not in hit.excerpt.text


@pytest.mark.parametrize(
    ("query", "said", "marks"),
    [
        ("하나", "또 ㅎㅏ나 더", ["ㅎㅏ나"]),
        ("하나", "또 ￂ ﾾￂ나", ["ﾾￂ나"]),
        ("ㅋㅋ", "아 ㅋㅋ", ["ㅋㅋ"]),
    ],
)
def test_hangul_written_letter_by_letter_is_marked_as_it_stands(
    vault: Vault, query: str, said: str, marks: list[str]
) -> None:
    say(vault, "a", said)

    assert marked(vault.search.find(query)[0]) == marks


@pytest.mark.parametrize(
    ("query", "said", "marks"),
    [("D", "答案：D", ["D"]), ("3", "9<3", ["3"]), ("P", "好=P", ["P"]), ("：Ｄ", "ok :D", [":D"])],
)
def test_what_a_face_ends_with_is_found_without_it(
    vault: Vault, query: str, said: str, marks: list[str]
) -> None:
    say(vault, "a", said)

    assert marked(vault.search.find(query)[0]) == marks


def test_a_title_or_the_beginning_names_the_conversation(vault: Vault) -> None:
    say(vault, "a", "第一句", "焦虑")
    say(vault, "b", "焦虑")
    vault.sessions.rename("b", "名字")

    assert [hit.title for hit in vault.search.find("焦虑")] == ["名字", "第一句"]


def test_the_newest_comes_first(vault: Vault) -> None:
    turns = say(vault, "a", "焦虑一", "焦虑二", "焦虑三")

    assert [hit.turn for hit in vault.search.find("焦虑")] == turns[::-1]


def test_one_session_alone_is_searched(vault: Vault) -> None:
    say(vault, "a", "焦虑")
    say(vault, "b", "焦虑")

    assert [hit.session for hit in vault.search.find("焦虑", session="a")] == ["a"]


def test_hits_are_of_the_days_asked_for(vault: Vault) -> None:
    say(vault, "a", "焦虑")
    now, day = datetime.now(UTC), timedelta(days=1)

    assert vault.search.find("焦虑", since=now - day, until=now + day)
    assert not vault.search.find("焦虑", since=now + day)
    assert not vault.search.find("焦虑", until=now - day)


def test_a_reply_is_found_when_it_has_ended(vault: Vault) -> None:
    say(vault, "a", "在吗")
    reply = vault.sessions.begin_reply("a")
    vault.sessions.extend(reply, "我在，慢慢")
    vault.sessions.extend(reply, "说")
    vault.sessions.finish(reply, TurnState.STOPPED)

    (hit,) = vault.search.find("慢慢说")
    assert (hit.turn, hit.role) == (reply, Role.ASSISTANT)


def test_the_trash_is_not_searched(vault: Vault) -> None:
    say(vault, "a", "焦虑")
    vault.sessions.delete("a")
    assert found(vault, "焦虑") == []

    vault.sessions.restore("a")
    assert found(vault, "焦虑") == ["a"]


def test_what_was_purged_or_taken_back_is_not_found(vault: Vault) -> None:
    say(vault, "a", "焦虑")
    say(vault, "b", "焦虑")
    vault.sessions.delete("a")
    vault.sessions.purge("a")
    vault.sessions.take_back("b")

    assert found(vault, "焦虑") == []
