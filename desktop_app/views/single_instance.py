"""One window for each data folder: a second start brings the first one's window to the front.

The second start touches a file the first one watches, and ends. Who is first, the operating
system's lock says (docs/decisions/0008-the-system-keeps-the-locks.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from desktop_app.errors import AlreadyOpenError, PathError
from desktop_app.paths import Paths, private_folder
from resources.file_lock import FileLock


class Instance(QObject):
    """The first start of its folder."""

    raised = Signal()
    """The program was started once more."""

    def __init__(self) -> None:
        super().__init__()
        self._watcher = QFileSystemWatcher(self)
        self._watcher.fileChanged.connect(self._touched)
        self._held = ExitStack()

    def lock(self, path: Path) -> None:
        """Be the first; raises BlockingIOError when another is."""
        self._held.enter_context(FileLock(path))

    def leave(self) -> None:
        """Let the next start be the first: this one's window is gone, its end takes a while."""
        for file in self._watcher.files():
            self._watcher.removePath(file)
        self._held.close()

    def watch(self, file: Path) -> None:
        """Raise the signal when `file` is touched; make it if it is not there."""
        file.touch(mode=0o600)
        self._watcher.addPath(str(file))

    def _touched(self, file: str) -> None:
        if file not in self._watcher.files():  # it was deleted
            with suppress(OSError):
                self.watch(Path(file))
        self.raised.emit()


@contextmanager
def single_instance(paths: Paths) -> Iterator[Instance]:
    """Be the one window of `paths.data` while the block runs; needs a QCoreApplication.

    Where the folder takes no lock (read-only, a file system without locks) the window opens all
    the same: its gate says in place what is wrong, and the vault has a lock of its own.

    Raises:
        AlreadyOpenError: there is one; its window is coming to the front.
    """
    instance = Instance()
    try:
        private_folder(paths.data)
        instance.lock(paths.window_lock)
        instance.watch(paths.raise_file)
    except BlockingIOError as error:
        with suppress(OSError):
            paths.raise_file.touch(mode=0o600)
        raise AlreadyOpenError("window.already_open") from error
    except (OSError, PathError):
        pass
    try:
        yield instance
    finally:
        instance.leave()


def bring_forward(window: QWidget) -> None:
    """Show `window` in front of the others, also when it was minimised."""
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.show()
    window.raise_()
    window.activateWindow()
