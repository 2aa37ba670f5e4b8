"""The program with a stopwatch: `python -m desktop_app.bench_window WHAT ARGS…`.

WHAT is one of start, start_by_keyring, idle, session, faults. ARGS are soulchat's own; all but the
starts read the history's passphrase from stdin. Started by `soulchat bench`, which reads what this
prints.
"""

from __future__ import annotations

import gc
import sys

from desktop_app import cli


def main() -> int:
    """Run the program until its window closes; return its exit code."""
    _, what, *arguments = sys.argv
    gc.disable()  # as the program does before it loads the window, of which this loads parts
    starts = {"start": _passphrase_asked, "start_by_keyring": _opened_by_itself}
    stopwatch = starts[what]() if what in starts else _unlocked(what)
    status = cli.main(arguments)
    del stopwatch
    return status


def _passphrase_asked() -> object:
    from desktop_app.views.bench_start import Start  # noqa: PLC0415 - gc.disable stands before
    from desktop_app.views.passphrase_field import SecretLine  # noqa: PLC0415 - the same

    return Start(SecretLine)


def _opened_by_itself() -> object:
    from desktop_app.views.bench_start import Start  # noqa: PLC0415 - the same
    from desktop_app.views.composer import MessageField  # noqa: PLC0415 - the same

    return Start(MessageField, then="Transcript")


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
