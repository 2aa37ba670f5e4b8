"""The pace of breathing: four seconds in, six out, and no moment in which nothing moves."""

from __future__ import annotations

import itertools

import pytest

from desktop_app.care.pace import Pace, moment

PACE = Pace(4, 6, frozenset({2}))


@pytest.mark.parametrize(
    ("seconds", "inwards", "fullness"),
    [(0, True, 0), (2, True, 0.5), (4, False, 1), (7, False, 0.5), (10, True, 0), (14, False, 1)],
)
def test_it_turns_after_four_seconds_and_after_ten(
    seconds: float, *, inwards: bool, fullness: float
) -> None:
    found = moment(PACE, seconds)

    assert found.inwards is inwards
    assert found.fullness == pytest.approx(fullness)


def test_no_breath_is_held() -> None:
    fullness = [moment(PACE, tenth / 4).fullness for tenth in range(41)]

    assert all(one != next_one for one, next_one in itertools.pairwise(fullness))
