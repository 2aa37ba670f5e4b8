"""Steps that are all taken, whatever becomes of any of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from desktop_app.views.bugs import tell_if_bug
from desktop_app.views.notice import explained
from resources.messages import sentence


class Undeterred:
    """Takes one step after another, and remembers what a person should be told of them."""

    def __init__(self) -> None:
        self.told: list[Callable[[], str]] = []
        """Sentences in the language in force, in the order of the steps."""

    def take(self, step: Callable[[], object], *keys: str) -> bool:
        """Take a step and return whether it went well; else `keys` say what that means."""
        try:
            step()
        except Exception as error:  # noqa: BLE001 - whatever it is, the next step is taken
            tell_if_bug(error)
            self.tell(*keys)
            self.told.append(partial(explained, error))
            return False
        return True

    def tell(self, *keys: str) -> None:
        """Have the sentences of `keys` told."""
        self.told += [partial(sentence, key) for key in keys]

    def tell_error(self, error: Exception) -> None:
        """Have the sentence of an error told that a step met and went on after."""
        tell_if_bug(error)
        self.told.append(partial(explained, error))
