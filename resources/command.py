"""What every command line here does alike: the language first, an exit code for whatever happens.

Exit codes: 0 done, 1 a KnownError (one sentence on stderr), 2 wrong usage, 70 a bug.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from resources.errors import EXIT_BUG, EXIT_DONE, EXIT_KNOWN, KnownError, place_of
from resources.messages import choose_language, early_language, sentence
from resources.system_errors import reason_of


def run_command(
    command: Callable[[list[str]], int], arguments: Sequence[str] | None, *, interrupted: str
) -> int:
    """Run one command and return the exit code. Wrong usage leaves with 2, as argparse does.

    Args:
        command: gets the arguments, returns its exit code.
        arguments: the words after the program's name; None means this process's own.
        interrupted: key of the sentence said when Ctrl-C ends the command.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    choose_language(early_language(given))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a character gets a question mark, not a crash.
            stream.reconfigure(errors="replace")
    try:
        code = command(given)
        with standard_output():
            print(end="", flush=True)  # a reader that has gone shows itself here, and a full disk
    except PrintingError as error:
        _drop_output()
        return _said(error.in_terminal(), EXIT_KNOWN)
    except KnownError as error:
        return _said(error.in_terminal(), EXIT_KNOWN)
    except BrokenPipeError:
        _drop_output()
        return EXIT_DONE
    except KeyboardInterrupt:
        return _said(sentence(interrupted), EXIT_KNOWN)
    except Exception as error:  # noqa: BLE001 - the outermost net: type and place, never a text
        return _said(sentence("cli.bug", name=place_of(error)), EXIT_BUG)
    return code


class PrintingError(KnownError):
    """Standard output takes no more: the disk its file is on is full, or gone."""


@contextmanager
def standard_output() -> Iterator[None]:
    """Write to standard output inside; what the system refuses there is no bug of ours.

    Raises:
        BrokenPipeError: nobody reads it any more.
        PrintingError: it refused otherwise.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise PrintingError("output.refused", reason=reason_of(error)) from error


def _drop_output() -> None:
    """Let what could not be written go: Python's own flush at exit must not complain either."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def whole_number(least: int, most: int | None = None) -> Callable[[str], int]:
    """Return an argparse type: a whole number from `least` to `most`, both included."""

    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least or (most is not None and number > most):
            key = "cli.at_least" if most is None else "cli.between"
            raise argparse.ArgumentTypeError(sentence(key, least=least, most=most)) from None
        return number

    return parse


def _said(text: str, code: int) -> int:
    print(text, file=sys.stderr)
    return code
