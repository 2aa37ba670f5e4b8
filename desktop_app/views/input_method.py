"""Chinese input on Linux: fcitx speaks through IBus where Qt has no plug-in for it.

PySide6's wheel carries the input plug-ins `compose` and `ibus` but not `fcitx`, and Qt falls
back to none at all. fcitx5 answers the IBus protocol too (fcitx5#444, hydrus#1794).
"""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path
from typing import Final

from PySide6.QtCore import QLibraryInfo

VARIABLES: Final = ("QT_IM_MODULES", "QT_IM_MODULE")
"""The first is a list, in the order to try (Qt 6.7), and goes before the second."""


def reach_fcitx(environ: MutableMapping[str, str]) -> None:
    """Send fcitx over IBus when no plug-in for it is there; call before QApplication."""
    plugins = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath))
    for variable in VARIABLES:
        wanted = environ.get(variable, "").split(";")
        speaks_fcitx = any(each.startswith("fcitx") for each in wanted)
        if speaks_fcitx and not any(plugins.glob("platforminputcontexts/*fcitx*")):
            reached = ("ibus" if each.startswith("fcitx") else each for each in wanted)
            environ[variable] = ";".join(dict.fromkeys(reached))
