"""The program with a stopwatch: `python -m desktop_app.bench_window WHAT ARGS…`.

WHAT is one of start, idle, session, faults. ARGS are soulchat's own; all but `start` read the
history's passphrase from stdin. Started by `soulchat bench`, which reads what this prints.
"""

from __future__ import annotations

import gc
import sys

from desktop_app import cli


def main() -> int:
    """Run the program until its window closes; return its exit code."""
    _, what, *arguments = sys.argv
    gc.disable()  # as the program does before it loads the window, of which this loads parts
    stopwatch = _started() if what == "start" else _unlocked(what)
    status = cli.main(arguments)
    del stopwatch
    return status


def _started() -> object:
    from desktop_app.views.bench_start import Start  # noqa: PLC0415 - gc.disable stands before
    from desktop_app.views.passphrase_field import SecretLine  # noqa: PLC0415 - the same

    return Start(SecretLine)


def _unlocked(what: str) -> object:
    from desktop_app.views.bench_faults import (  # noqa: PLC0415 - a start measures without it
        die_and_hang,
    )
    from desktop_app.views.bench_session import (  # noqa: PLC0415 - a start measures without it
        Unlocked,
        open_and_scroll,
        stay,
    )

    passphrase = sys.stdin.readline().strip()
    measures = {"idle": stay, "session": open_and_scroll, "faults": die_and_hang}
    return Unlocked(passphrase, measures[what])


if __name__ == "__main__":
    sys.exit(main())
