from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self

import pytest

from desktop_app.local_time import local

ZONES = ("Asia/Shanghai", "America/New_York")
THE_ENDS = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


@pytest.fixture(autouse=True)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The place on Earth where this computer stands."""
    monkeypatch.setenv("TZ", getattr(request, "param", "Asia/Shanghai"))
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_moment_is_told_by_the_clock_here() -> None:
    assert f"{local(datetime(2026, 1, 31, 20, 5, tzinfo=UTC)):%Y-%m-%d %H:%M}" == "2026-02-01 04:05"


@pytest.mark.parametrize("zone", ZONES, indirect=True)
@pytest.mark.parametrize("moment", THE_ENDS)
def test_at_the_ends_of_the_calendar_no_moment_is_an_error(moment: datetime) -> None:
    assert abs(local(moment) - moment) < timedelta(days=1)
    assert local(moment).year == moment.year


def test_a_year_the_systems_clock_does_not_know_is_told_as_it_is() -> None:
    class Unknown(datetime):
        """A moment before 1970 or after 3000 on Windows."""

        def astimezone(self, _tz: tzinfo | None = None) -> Self:
            raise OSError(22, "Invalid argument")

    assert local(Unknown(3001, 1, 1, tzinfo=UTC)) == datetime(3001, 1, 1, tzinfo=UTC)
