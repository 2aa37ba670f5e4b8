"""Paths of a command line: an empty one is a variable that was not set, and no folder was meant."""

from __future__ import annotations

import argparse
from pathlib import Path

from resources.messages import sentence


def given_path(text: str) -> Path:
    """Return the path `text` names: an argparse type. pathlib takes none for the current folder."""
    if not text:
        raise argparse.ArgumentTypeError(sentence("cli.no_path"))
    return Path(text)


def given_folder(text: str) -> Path:
    """Return the folder `text` names, which is made where it is missing: an argparse type."""
    try:
        return given_path(text).expanduser()
    except RuntimeError:  # `~name`, and nobody is called so
        raise argparse.ArgumentTypeError(sentence("cli.no_home", path=text)) from None
