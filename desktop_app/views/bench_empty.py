"""An empty PySide6 window: what ours is measured against, in a process of its own."""

from __future__ import annotations

import sys

from PySide6.QtWidgets import QApplication, QMainWindow

from desktop_app.views.bench_start import Start


def main() -> int:
    """Show it until the process is ended."""
    start = Start(QMainWindow)
    app = QApplication(["empty"])
    window = QMainWindow()
    window.resize(1120, 760)
    window.show()
    status = app.exec()
    del start
    return status


if __name__ == "__main__":
    sys.exit(main())
