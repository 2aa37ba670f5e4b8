"""What `--text` reminds a person of, as the window does: on a clock of the test's own."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from desktop_app.care.disclosure import today
from desktop_app.commands import reminders
from desktop_app.commands.environment import Secrets
from desktop_app.commands.talk import run_talk
from desktop_app.errors import SettingsError
from desktop_app.paths import Paths
from desktop_app.settings import Settings, read, write
from resources.messages import choose_language, sentence
from tests.support.vault_fixtures import PASSPHRASE

MINUTES = 60.0
Told = Callable[..., str]


class Clock:
    """Ten minutes go by from one message to the next."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 10 * MINUTES
        return self.now


@pytest.fixture
def paths(tmp_path: Path, closed: Path) -> Paths:
    """`closed` is the history."""
    assert closed.parent == tmp_path / "data"
    return Paths(*(tmp_path / name for name in ("data", "cache", "config", "state")))


@pytest.fixture
def told(
    model: Path, paths: Paths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Told:
    """Says so many messages and gives what was said beside the conversation."""
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent")

    def talk(messages: int, settings: Settings | None = None) -> str:
        lines = "您\n" * messages
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
        if settings is not None:
            write(paths.settings, settings)
        run_talk(str(model), paths, Secrets(PASSPHRASE), read(paths.settings)[0], clock=Clock())
        return capsys.readouterr().err

    return talk


def test_within_two_hours_of_nothing(told: Told) -> None:
    assert sentence("reminder.break") not in told(11)


def test_after_two_hours_of_a_break_and_after_three_of_the_program(told: Told) -> None:
    heard = told(18)

    assert heard.count(sentence("reminder.break")) == 1
    assert heard.count(sentence("reminder.program")) == 1
    assert heard.index(sentence("reminder.break")) < heard.index(sentence("reminder.program"))


def test_in_the_united_states_in_new_yorks_words(told: Told) -> None:
    choose_language("en")

    assert "IT IS UNABLE TO FEEL HUMAN EMOTION." in told(18, Settings(region="US"))


def test_so_where_the_locale_alone_tells_the_region(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "en_US.UTF-8")

    assert "IT IS UNABLE TO FEEL HUMAN EMOTION." in told(18)


def test_the_first_time_it_says_at_length_what_it_is_and_then_no_more(
    told: Told, paths: Paths
) -> None:
    assert sentence("talk.notice") in told(0)
    assert read(paths.settings)[0].last_day == today().isoformat()
    assert sentence("talk.notice") not in told(0)


@pytest.mark.parametrize(("days", "said"), [(6, False), (7, True)])
def test_after_a_week_away_it_says_it_again(told: Told, days: int, *, said: bool) -> None:
    last = (today() - timedelta(days=days)).isoformat()

    assert (sentence("talk.notice") in told(0, Settings(last_day=last))) is said


def test_what_was_set_stays_when_the_day_is_noted(told: Told, paths: Paths) -> None:
    told(0, Settings(region="HK", lock_minutes=3))

    kept = read(paths.settings)[0]
    assert (kept.region, kept.lock_minutes) == ("HK", 3)


def test_settings_that_cannot_be_read_are_not_written_over(
    told: Told, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = SettingsError("settings.unreadable", path=paths.settings, reason="")
    monkeypatch.setattr(reminders.kept_settings, "read", lambda _: (Settings(), problem))

    told(0, Settings(region="HK"))

    monkeypatch.undo()
    assert read(paths.settings)[0] == Settings(region="HK")
