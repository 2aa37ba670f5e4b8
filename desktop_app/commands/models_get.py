"""`soulchat models get`: what would come is shown and agreed to, then it comes."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any, Final

from desktop_app.commands.output import speak, tell
from desktop_app.commands.terminal import ask, has_terminal
from desktop_app.errors import InputError, ModelError
from desktop_app.models.catalogue import Entry, Pin, find_entry
from desktop_app.models.fetch import Checking, Coming, Fetch, Found, Installed, Waiting
from desktop_app.models.job import job_for
from desktop_app.models.library import id_of, installed_models
from desktop_app.models.rate import Rate
from desktop_app.models.source import Source, source_from
from desktop_app.paths import Paths
from desktop_app.settings import Settings
from resources.messages import sentence
from resources.sizes import megabytes

AGREED: Final = frozenset({"y", "yes"})
ANEW: Final = "\r\x1b[K"
"""To the beginning of the line, and erase it (ECMA-48)."""
LINE_S: Final = 5.0
"""Seconds between two lines of progress where they do not replace each other."""


def source_of(arguments: argparse.Namespace, chosen: Settings) -> Source:
    """Return where to ask: what the command says, else what is set."""
    return source_from(arguments.endpoint or chosen.hub, arguments.proxy or chosen.proxy)


def look_up(entry: Entry, source: Source, paths: Paths, *, reason: str = "look") -> Pin:
    """Ask the hub what there is of a model now; raises KnownError."""
    job = job_for(entry, source, paths.models, paths.connections, reason=reason)
    with Fetch(job, paths.cache) as fetch:
        (found,) = [news.pin for news in fetch.news() if isinstance(news, Found)]
    return found


def get(arguments: argparse.Namespace, paths: Paths, chosen: Settings) -> None:
    """Download a model of the catalogue.

    Raises:
        KnownError: it is not there, was not agreed to, or does not come; what has come stays.
    """
    entry = find_entry(arguments.id, paths.models)
    source = source_of(arguments, chosen)
    here = [id_of(each) for each in installed_models(paths.models)]
    if entry.id in here:
        raise ModelError("model.here_already", id=entry.id)
    pin = entry.pin
    if pin is None:
        pin = look_up(entry, source, paths)
        tell(sentence("models.would_come", **_facts(entry, pin, source)))
        if not _agreed(arguments):
            tell(sentence("models.not_got"))
            return
    job = job_for(entry, source, paths.models, paths.connections, reason="get", pin=pin)
    with Fetch(job, paths.cache) as fetch:
        _show(fetch)
    speak(sentence("models.got", id=entry.id))


def _facts(entry: Entry, pin: Pin, source: Source) -> dict[str, Any]:
    return {
        "name": entry.name,
        "repository": entry.repository,
        "host": source.host,
        "file": pin.file,
        "size": megabytes(pin.bytes),
        "licence": entry.licence,
        "revision": pin.revision,
        "sha256": pin.sha256,
    }


def _agreed(arguments: argparse.Namespace) -> bool:
    if arguments.yes:
        return True
    if not has_terminal():
        raise InputError("input.not_agreed", option="--yes")
    return ask(sentence("models.agree")).lower() in AGREED


def _show(fetch: Fetch) -> None:
    """Show how far it is: one line that changes on a terminal, else a line now and then."""
    rate, said, in_place = Rate(), 0.0, sys.stderr.isatty()
    for news in fetch.news():
        match news:
            case Coming(done, total):
                now = time.monotonic()
                rate.add(done, now)
                if in_place or now - said >= LINE_S or done == total:
                    said = now
                    before, after = (ANEW, "") if in_place else ("", "\n")
                    line = rate.told(done, total)
                    print(before + line, file=sys.stderr, end=after, flush=True)
            case Waiting():
                if in_place:
                    tell("")
                tell(news.told)
            case Checking():
                if in_place:
                    tell("")
                tell(sentence("models.checking"))
            case Installed() | Found():
                pass
