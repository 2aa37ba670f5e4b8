"""`resources/catalogue.toml`: the open-weight models a person may have downloaded.

What `soulchat models pin` has looked up is kept beside the installed models, in `pins.json`, and
laid over the catalogue when it is read.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from desktop_app.atomic_file import write_atomically
from desktop_app.errors import DownloadError
from desktop_app.paths import private_folder
from resources.messages import Language, language, sentence
from resources.system_errors import reason_of

PINS: Final = "pins.json"
COMMIT: Final = re.compile(r"[0-9a-f]{40}")
SHA256: Final = re.compile(r"[0-9a-f]{64}")
FREE_LICENCES: Final = frozenset({"Apache-2.0", "MIT"})
"""They let anybody use a model for anything."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One file at one revision: what will come is known before it comes."""

    revision: str
    """A commit of the repository, 40 hexadecimal digits."""
    file: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One model of the catalogue."""

    id: str
    name: str
    repository: str
    """On the hub: owner/name."""
    pattern: str
    """Which file of it, as fnmatch understands it."""
    licence: str
    languages: tuple[str, ...]
    about: Mapping[Language, str]
    """What it is for, in both languages."""
    memory_gib: float
    """Least memory of a computer that runs it beside a desktop."""
    kind: str
    quantisation: str
    gigabytes: float | None = None
    """Size of the file in 10⁹ bytes; None where the publisher does not say."""
    context: int | None = None
    """Tokens it was trained to use."""
    thinks: bool = False
    """Made to write down its thoughts before it answers, which the app has it leave out."""
    sampling: Mapping[str, float] = field(default_factory=dict)
    pin: Pin | None = None

    @property
    def purpose(self) -> str:
        """What it is for, in the language in force."""
        return self.about[language()]

    @property
    def facts(self) -> str:
        """Size, memory and licence, in the language in force."""
        size = sentence("models.size_unknown")
        if self.size is not None:
            size = sentence("models.size", gigabytes=f"{self.size / 10**9:.2f}")
        memory = f"{self.memory_gib:g}"
        return sentence("models.facts", size=size, memory=memory, licence=self.licence)

    @property
    def size(self) -> int | None:
        """Bytes of its file, as far as they are known."""
        if self.pin is not None:
            return self.pin.bytes
        return None if self.gigabytes is None else round(self.gigabytes * 10**9)


def catalogue(installed: Path | None = None) -> tuple[Entry, ...]:
    """Return all models, with what is pinned in the folder `installed`."""
    pins = {} if installed is None else _pins(installed / PINS)
    return tuple(replace(each, pin=pins.get(each.id, each.pin)) for each in _shipped())


def find_entry(name: str, installed: Path) -> Entry:
    """Return the model of that id.

    Raises:
        DownloadError: the catalogue has none.
    """
    for each in catalogue(installed):
        if each.id == name:
            return each
    known = ", ".join(each.id for each in _shipped())
    raise DownloadError("download.unknown", name=name, known=known)


def keep_pins(installed: Path, found: Mapping[str, Pin]) -> None:
    """Keep what was looked up, beside what was before.

    Raises:
        PathError, DownloadError: the folder or the file cannot be written.
    """
    private_folder(installed.parent)
    path = private_folder(installed) / PINS
    pins = {name: asdict(pin) for name, pin in {**_pins(path), **found}.items()}
    try:
        write_atomically(path, json.dumps(pins, indent=1).encode() + b"\n")
    except OSError as error:
        raise DownloadError("download.not_written", reason=reason_of(error)) from error


@cache
def _shipped() -> tuple[Entry, ...]:
    text = resources.files("resources").joinpath("catalogue.toml").read_text(encoding="utf-8")
    return tuple(map(_entry, tomllib.loads(text)["model"]))


def _entry(plain: dict[str, Any]) -> Entry:
    pinned = {name: plain.pop(name) for name in Pin.__dataclass_fields__ if name in plain}
    languages: Sequence[str] = plain.pop("languages")
    pin = Pin(**pinned) if pinned else None
    return Entry(**plain, languages=tuple(languages), pin=pin)


def _pins(path: Path) -> dict[str, Pin]:
    """Return what is pinned at `path`; one that cannot be used counts as not pinned."""
    try:
        plain = json.loads(path.read_bytes())
        return {name: pin for name, each in plain.items() if (pin := _pin(each)) is not None}
    except (OSError, ValueError, AttributeError, RecursionError):
        return {}


def _pin(plain: object) -> Pin | None:
    match plain:
        case {"revision": str(revision), "file": str(file), "bytes": int(size), "sha256": str(sha)}:
            if COMMIT.fullmatch(revision) and SHA256.fullmatch(sha) and size > 0:
                return Pin(revision, file, size, sha)
    return None
