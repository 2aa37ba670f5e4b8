"""A program that writes a file to a disk that takes for ever, in a thread like those of the window.

    python -m tests.support.stuck_file <path> nameless|named

Says what lies in the folder when all of it is written but for the wait for the disk, and quits as
soon as it is told to by the end of its standard input.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from desktop_app import new_file as module

WRITTEN = b"plain text"


def main(path: Path, kind: str) -> None:
    stuck = threading.Event()

    def wait_for_ever(_: int) -> None:
        stuck.set()
        threading.Event().wait()

    def write() -> None:
        with module.new_file(path) as file:
            file.write(WRITTEN)

    if kind == "named":
        module.NAMELESS = 0  # type: ignore[misc] # as on a stick
    os.fsync = wait_for_ever  # type: ignore[assignment]
    threading.Thread(target=write, daemon=True).start()
    stuck.wait()
    sys.stdout.write(f"{len(list(path.parent.iterdir()))}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
