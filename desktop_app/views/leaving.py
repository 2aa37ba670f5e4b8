"""Keeping what came of a reply when the window closes, or its history does.

A window whose last words the disk does not take stays, says so, and closes when it is told again.
So does one in which something was not removed for good yet that a person would have gone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from desktop_app.views.bugs import tell_if_bug
from desktop_app.views.changing import Changing
from desktop_app.views.counselling import Counselling
from desktop_app.views.notice import WayOn
from desktop_app.views.purging import Purging
from resources.messages import sentence

if TYPE_CHECKING:
    from desktop_app.views.window import MainWindow


class Leaving:
    """Of one window."""

    def __init__(self, window: MainWindow, counselling: Counselling) -> None:
        self._window = window
        self._counselling = counselling
        self._closes_anyway = False
        self._warned_of: str | None = None
        """What was written at the gate when it was last told that it goes."""
        self._number_told = False

    def keep_all(self) -> None:
        """Keep what came of a reply in progress, drafts, and what a page holds.

        Raises:
            Exception: the first of what could not be kept; all the rest has been tried.
        """
        window = self._window
        failed = _failed(
            window.exchange.leave, window.sessions.settle, window.unsent.keep, window.care.keep
        )
        for other in failed[1:]:
            tell_if_bug(other)
        if failed:
            raise failed[0]

    def may_close(self) -> bool:
        """Tell whether the window may close; where something said is not on the disk, say so."""
        self._window.closing.emit()
        window = self._window
        purging = [each.finish for each in window.findChildren(Purging)]
        changing = [
            partial(each.finish, change)
            for each in window.findChildren(Changing)
            for change in each.going_on
        ]
        # What is left of the last two after leaving, nobody could be told of any more.
        failed = _failed(window.leave, *purging, *changing)
        for error in failed:  # a fault of ours loses nothing either
            tell_if_bug(error)
        told = self._number_told and not window.passed
        if failed and not (self._closes_anyway or told):
            window.stays.emit()
            self._say_not_kept(failed[0])
            for error in failed[1:]:
                window.standing.say_error_besides(error)
            return False
        words = "" if self._window.passed else self._window.gate.words.text
        if words and words != self._warned_of:
            self._warned_of = words
            self._window.stays.emit()
            self._window.care.leave()  # else the page would hide what is said
            self._window.sharing.clear_room()
            self._window.gate.say(partial(sentence, "unlock.words_go"))
            return False
        return True

    def _say_not_kept(self, error: Exception) -> None:
        window = self._window
        window.care.leave()  # else the page would hide what is said
        if not window.passed:  # a number of the card is all that is written there
            self._number_told = True
            window.say_error(error)
            return
        self._counselling.rest()
        self._counselling.open_again()
        window.say_error(
            error,
            WayOn("window.try_again", self._close),
            WayOn("window.close_anyway", self._close_anyway),
        )

    def _close(self) -> None:
        self._window.close()

    def _close_anyway(self) -> None:
        self._closes_anyway = True
        self._close()


def _failed(*steps: Callable[[], None]) -> list[Exception]:
    """Take all steps, whatever becomes of one; return what went wrong."""
    failed: list[Exception] = []
    for step in steps:
        try:
            step()
        except Exception as error:  # noqa: BLE001 - the others may find room on the disk
            failed.append(error)
    return failed
