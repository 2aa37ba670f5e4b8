"""Chinese input on Linux: fcitx speaks through IBus where Qt has no plug-in for it.

PySide6's wheel carries the input plug-ins `compose` and `ibus` but not `fcitx`, and Qt falls
back to none at all. fcitx5 answers the IBus protocol too (fcitx5#444, hydrus#1794).
"""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path

from PySide6.QtCore import QLibraryInfo


def reach_fcitx(environ: MutableMapping[str, str]) -> None:
    """Send fcitx over IBus when no plug-in for it is there; call before QApplication."""
    wanted = environ.get("QT_IM_MODULE", "")
    plugins = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath))
    if wanted.startswith("fcitx") and not any(plugins.glob("platforminputcontexts/*fcitx*")):
        environ["QT_IM_MODULE"] = "ibus"
