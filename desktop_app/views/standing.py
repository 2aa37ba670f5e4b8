"""What the notice says: what has just happened, or how things stand with the conversation shown.

How things stand is worked out anew each time, so that it is right again whenever a conversation
comes back to the screen. What has happened (an undo, a clock that went back) is not wiped by a
model that is being opened meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from desktop_app.vault.errors import DamagedHistoryError
from desktop_app.views.conversation import Conversation
from desktop_app.views.exchange import Exchange
from desktop_app.views.model_choice import ModelChoice
from desktop_app.views.notice import Notice, WayOn, explained
from resources.messages import sentence

if TYPE_CHECKING:
    from desktop_app.vault.vault import Vault


class Standing:
    """Speaks through the notice that is in the window now."""

    def __init__(
        self,
        exchange: Exchange,
        *,
        notice: Callable[[], Notice],
        shown: Callable[[], Conversation],
        model: ModelChoice,
        rescue: Callable[[], None],
    ) -> None:
        """`rescue` is the way on where the history is damaged."""
        self._exchange = exchange
        self._notice = notice
        self._shown = shown
        self._model = model
        self._rescue = rescue
        self._vault: Vault | None = None
        self._stands = True
        """The notice says how things stand, not what has happened."""
        self._said: tuple[Callable[[], str], ...] = ()
        """What has happened, each sentence below the one before."""

    def say(self, text: Callable[[], str], *ways: WayOn) -> None:
        """Say what has happened."""
        self._say((text,), ways)

    def say_besides(self, text: Callable[[], str], *ways: WayOn) -> None:
        """Say what has happened below what is being said, whose ways on stay."""
        before = self._being_said()
        self._say((*before, text), (*self._notice().ways, *ways) if before else ways)

    def unsay(self, text: Callable[[], str]) -> None:
        """Say no longer what is over. What is said besides stays, and so do its ways on."""
        said = self._being_said()
        rest = tuple(each for each in said if each() != text())
        if rest and rest != said:
            self._say(rest, self._notice().ways)
        elif said and not rest:
            self.show()

    def _being_said(self) -> tuple[Callable[[], str], ...]:
        """Return what the notice says has happened, where it says that."""
        text = self._notice().text
        if self._stands or not text:
            return ()
        if text != "\n".join(each() for each in self._said):  # not said from here
            return (lambda: text,)
        return self._said

    def _say(self, said: Sequence[Callable[[], str]], ways: Sequence[WayOn]) -> None:
        self._stands, self._said = False, tuple(said)
        self._notice().say(lambda: "\n".join(each() for each in said), *ways)

    def say_error(self, error: Exception, *ways: WayOn) -> None:
        """Say in one sentence what went wrong."""
        self.say(partial(explained, error), *self.ways_on(error), *ways)

    def say_error_besides(self, error: Exception) -> None:
        """Say in one sentence what went wrong below what is said already."""
        self.say_besides(partial(explained, error), *self.ways_on(error))

    def ways_on(self, *errors: Exception) -> list[WayOn]:
        """Return the ways on that the errors themselves offer."""
        if any(isinstance(error, DamagedHistoryError) for error in errors):
            return [WayOn("window.rescue", self._rescue)]
        return []

    def watch(self, vault: Vault | None) -> None:
        """Say it whenever nothing else is to be said, once a damaged page of `vault` was met."""
        self._vault = vault

    def refresh(self) -> None:
        """Show how things stand, unless something that happened is still being said."""
        if self._stands or not self._notice().text:
            self.show()

    def follow(self) -> None:
        """Another conversation is on the screen: its trouble goes before what has happened."""
        if self._shown().trouble is not None:
            self.show()
        else:
            self.refresh()

    def show(self) -> None:
        """Say how things stand, if that needs saying."""
        self._stands = True
        notice, conversation = self._notice(), self._shown()
        again = WayOn("window.try_again", partial(self._ask_again, conversation))
        if conversation.trouble is not None:
            ways = self.ways_on(conversation.trouble)
            if conversation.waits_for_reply:
                ways.append(again)
            notice.go_on_saying(partial(explained, conversation.trouble), *ways)
        elif self._model.error is not None:
            notice.go_on_saying(partial(explained, self._model.error), *self._model.ways())
        elif self._exchange.waits(conversation):
            if self._exchange.long_writes.changing:
                notice.go_on_saying(partial(sentence, "window.waits_for_change"))
            elif self._exchange.current is None:  # a model is being opened, which the header says
                notice.clear()
            else:
                notice.go_on_saying(partial(sentence, "window.waits"))
        elif conversation.waits_for_reply and not self._exchange.busy_with(conversation):
            notice.go_on_saying(partial(sentence, "window.no_reply"), again)
        elif self._vault is not None and self._vault.damage is not None:
            damage = self._vault.damage
            notice.go_on_saying(partial(explained, damage), *self.ways_on(damage))
        else:
            notice.clear()

    def _ask_again(self, conversation: Conversation) -> None:
        self._exchange.ask(conversation)
        self.show()
