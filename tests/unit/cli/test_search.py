"""`soulchat sessions search`: words on standard input, hits on standard output."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.search import MOST_HITS
from desktop_app.vault.vault import open_with_passphrase
from resources.messages import sentence
from tests.support.engine_run import soulchat
from tests.support.vault_fixtures import PASSPHRASE

pytestmark = pytest.mark.usefixtures("passphrase")


@pytest.fixture
def data(closed: Path) -> Path:
    """A data folder with two conversations, one of them titled."""
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.sessions.add("old", Turn(Role.USER, "夜里睡不著，很焦慮。"))
        vault.sessions.rename("old", "睡眠")
        vault.sessions.add("new", Turn(Role.USER, "白天也焦虑\x1b[2J"))
    return closed.parent


def search(data: Path, words: str, *arguments: str) -> tuple[int, str, str]:
    done = soulchat("sessions", "search", *arguments, "--data-dir", data, stdin=words)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_hits_are_shown_newest_first_with_the_words_marked(data: Path) -> None:
    code, out, _ = search(data, "焦虑\n")

    first, text, second, older = out.splitlines()
    assert code == 0
    assert (first.split()[0], text) == ("new", "    白天也[焦虑][2J")
    assert second.split()[0] == "old"
    assert second.endswith("  睡眠")
    assert older == "    夜里睡不著，很[焦慮]。"


def test_as_json_the_hits_are_one_object(data: Path) -> None:
    _, out, _ = search(data, "睡不着", "--json")

    (hit,) = json.loads(out)["hits"]
    assert (hit["session"], hit["title"], hit["role"]) == ("old", "睡眠", "user")
    assert [hit["excerpt"][begin:end] for begin, end in hit["marks"]] == ["睡不著"]


def test_hits_are_of_one_session_and_of_the_days_asked_for(data: Path) -> None:
    def found(*arguments: str) -> int:
        return len(json.loads(search(data, "焦虑", "--json", *arguments)[1])["hits"])

    assert found("--session", "old") == 1
    assert found("--since", "2020-01-01", "--until", "2100-01-01") == 2
    assert found("--since", "2100-01-01") == 0
    assert found("--until", "2020-01-01") == 0


def test_nothing_found_is_no_error(data: Path) -> None:
    assert search(data, "没有这个") == (0, "", "没有找到。\n")


@pytest.mark.parametrize("words", ["", "\n", "  \n"])
def test_no_words_is_one_sentence(data: Path, words: str) -> None:
    code, out, err = search(data, words)

    assert (code, out) == (1, "")
    assert "没有收到" in err


def test_an_unknown_session_is_one_sentence(data: Path) -> None:
    code, _, err = search(data, "焦虑", "--session", "nobody")

    assert code == 1
    assert "没有找到这段对话" in err


def test_a_day_that_is_none_is_wrong_usage(data: Path) -> None:
    assert search(data, "焦虑", "--since", "gestern")[0] == 2


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_the_ends_of_the_calendar_are_days_too(data: Path, zone: str) -> None:
    arguments = ["--since", "0001-01-01", "--until", "9999-12-31", "--json", "--data-dir", data]
    done = soulchat("sessions", "search", *arguments, stdin="焦虑", TZ=zone)

    assert (done.returncode, len(json.loads(done.stdout)["hits"])) == (0, 2)


def test_a_title_is_a_hit_without_a_turn(data: Path) -> None:
    (hit,) = json.loads(search(data, "睡眠", "--json")[1])["hits"]

    assert (hit["session"], hit["turn"], hit["role"], hit["excerpt"]) == ("old", None, None, "睡眠")


def test_signs_alone_are_said_to_be_no_words(data: Path) -> None:
    assert search(data, "？！") == (0, "", f"{sentence('search.no_words', lang='zh')}\n")


def test_that_only_the_newest_are_shown_is_said(closed: Path) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        for _ in range(MOST_HITS + 1):
            vault.sessions.add("a", Turn(Role.USER, "焦虑"))

    _, out, err = search(closed.parent, "焦虑", "--json")

    assert len(json.loads(out)["hits"]) == MOST_HITS
    assert f"最新的 {MOST_HITS} 条" in err
