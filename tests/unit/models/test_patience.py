"""How long a download waits, on a clock that a test moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from desktop_app.models import patience
from desktop_app.models.download_faults import RateLimitedError
from desktop_app.models.patience import LONGEST_ASKED_S, MOST_ASKED, Patience

DONE = "done"


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, bool]]:
    """Each pause so far, and whether the hub asked for it; the clock goes by in pauses alone."""
    told: list[tuple[int, bool]] = []
    monkeypatch.setattr(patience.time, "monotonic", lambda: sum(seconds for seconds, _ in told))
    monkeypatch.setattr(patience.time, "sleep", lambda _: None)
    return told


def steps(*outcomes: Exception) -> Callable[[], str]:
    """Return a step that fails with one outcome after the other, then does what it is to do."""
    left: Iterator[Exception] = iter(outcomes)

    def step() -> str:
        error = next(left, None)
        if error is not None:
            raise error
        return DONE

    return step


def waiting(seconds: int, pauses: list[tuple[int, bool]]) -> Patience:
    return Patience(seconds, lambda length, asked: pauses.append((length, asked)))


def limited(seconds: int = 1) -> RateLimitedError:
    return RateLimitedError(seconds)


def test_a_hub_that_asks_for_too_many_pauses_in_a_row_is_given_up(
    pauses: list[tuple[int, bool]],
) -> None:
    asking = steps(*(limited() for _ in range(MOST_ASKED + 1)))
    with pytest.raises(RateLimitedError):
        waiting(60, pauses).over(asking)
    assert pauses == [(1, True)] * MOST_ASKED


def test_pauses_asked_for_with_another_trouble_between_are_not_in_a_row(
    pauses: list[tuple[int, bool]],
) -> None:
    in_a_row = [limited() for _ in range(MOST_ASKED)]
    step = steps(*in_a_row, OSError("too short"), *in_a_row)
    assert waiting(60, pauses).over(step) == DONE
    assert len(pauses) == 2 * MOST_ASKED + 1


def test_pauses_asked_for_with_bytes_between_are_not_in_a_row(
    pauses: list[tuple[int, bool]],
) -> None:
    step = steps(*(limited() for _ in range(3 * MOST_ASKED)))
    assert waiting(60, pauses).over(step, come=lambda: len(pauses)) == DONE


def test_pauses_that_the_hub_asked_for_use_up_no_patience(pauses: list[tuple[int, bool]]) -> None:
    step = steps(OSError("too short"), limited(LONGEST_ASKED_S), OSError("too short"))
    assert waiting(4, pauses).over(step) == DONE
    assert pauses == [(1, False), (LONGEST_ASKED_S, True), (2, False)]


def test_trouble_without_a_byte_uses_it_up(pauses: list[tuple[int, bool]]) -> None:
    with pytest.raises(OSError, match="too short"):
        waiting(4, pauses).over(steps(*(OSError("too short") for _ in range(9))))
    assert pauses == [(1, False), (2, False)]
