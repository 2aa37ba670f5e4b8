"""Where the model computes, said in a terminal when something keeps it from the best place."""

from __future__ import annotations

from desktop_app.commands.output import tell
from desktop_app.engine.placement import Why
from desktop_app.engine.protocol import Engine


class PlaceTold:
    """Says each place once, for as long as the model stays there."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._told: Why | None = None

    def tell(self) -> None:
        """Say it where it is new; a device may have failed since."""
        loaded = self._engine.loaded
        if loaded is None or loaded.why == self._told:
            return
        self._told = loaded.why
        if loaded.why is not None and loaded.why.lowered:
            tell(loaded.why.sentence())
