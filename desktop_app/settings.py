"""What a person set, as data: one frozen value, read at the start, written whole at each change.

`settings.json` is plain text. It says how the app looks, how the first questions were answered,
and which numbers of the crisis card the person wrote otherwise, since those have to be there while
the history is locked; nothing of a conversation enters it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from desktop_app.atomic_file import write_atomically
from desktop_app.errors import SettingsError
from desktop_app.paths import private_folder
from resources.messages import LANGUAGES, Language
from resources.system_errors import reason_of

LONGEST_IDLE_MINUTES: Final = 24 * 60
MOST_SNAPSHOT_MB: Final = 1024 * 1024


class Scheme(StrEnum):
    """Light or dark."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class AgeBand(StrEnum):
    """How old a person says they are, between the ages the law draws lines at."""

    CHILD = "under_14"
    YOUTH = "14_to_17"
    ADULT = "18_or_older"
    UNSAID = "unsaid"
    """Asked, and the person would rather not say."""


@dataclass(frozen=True, slots=True)
class OwnNumber:
    """A number of the crisis card as the person wrote it: one of their own, or a correction."""

    region: str
    """Whose card it stands on: as `Settings.region`."""
    name: str
    number: str
    hours: str | None = ""
    """None where a correction leaves them as they ship."""
    instead_of: str = ""
    """The shipped number that it corrects; empty for one of their own."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each thing that can be set; None means that it was never asked or chosen."""

    language: Language | None = None
    """None follows the locale."""
    scheme: Scheme = Scheme.SYSTEM
    text_step: int = 0
    """Steps from the normal text size, up or down."""
    age: AgeBand | None = None
    region: str | None = None
    """Whose crisis lines are shown: an id of hotlines.toml, or `ELSEWHERE` of care/hotlines.py."""
    numbers: tuple[OwnNumber, ...] = ()
    """In the order they were written."""
    notice_confirmed: bool = False
    """The person has read that this is a program, and what it is not."""
    last_day: str | None = None
    """When a history was last opened, or a talk off the record begun: YYYY-MM-DD."""
    lock_minutes: int = 10
    """The window locks when nobody touched it for so long; 0 is never."""
    snapshot_mb: int = 1024
    """Megabytes that sealed snapshots of what the model has read may take; 0 keeps none."""
    model: str | None = None
    """Path or id of the model to use; None is the one that ships."""
    hub: str | None = None
    """Where models are downloaded from: a preset or an address of models/source.py; None is the
    hub."""
    proxy: str | None = None
    """The proxy downloads go through; None goes the way the system says."""
    unknown: Mapping[str, object] = field(default_factory=dict)
    """What another version of this program wrote; kept as it is."""

    @property
    def young(self) -> bool:
        """Tell whether the person said that they are under 18."""
        return self.age in {AgeBand.CHILD, AgeBand.YOUTH}


def read(path: Path) -> tuple[Settings, SettingsError | None]:
    """Return the settings at `path`, and what a person should be told once, if anything.

    A missing file means the defaults. A damaged one too; it is kept beside, under another name.
    One value that cannot be used falls back to its default alone.
    """
    try:
        return _from_plain(json.loads(path.read_bytes())), None
    except FileNotFoundError:
        return Settings(), None
    except OSError as error:
        unreadable = SettingsError("settings.unreadable", path=path, reason=reason_of(error))
        return Settings(), unreadable
    except (ValueError, TypeError, RecursionError):
        aside = path.with_name(f"{path.stem}.damaged{path.suffix}")
        with suppress(OSError):  # a read-only folder: then it stays where it is
            path.replace(aside)
        return Settings(), SettingsError("settings.damaged", path=path, aside=aside.name)


def language_of(path: Path) -> Language | None:
    """Return the language set at `path`; None where that cannot be told.

    Changes nothing and says nothing: nothing can be said before the language is chosen. What is
    wrong with the file is for `read` to tell.
    """
    try:
        return _from_plain(json.loads(path.read_bytes())).language
    except (OSError, ValueError, TypeError, RecursionError):
        return None


def write(path: Path, settings: Settings) -> None:
    """Store `settings` at `path`, whole or not at all, readable for their owner alone.

    Raises:
        PathError: the folder cannot be made or written to.
        SettingsError: the file cannot be written; the old one stands.
    """
    known = asdict(settings)
    plain = {**known.pop("unknown"), **known}
    private_folder(path.parent)
    try:
        write_atomically(path, json.dumps(plain, ensure_ascii=False, indent=1).encode() + b"\n")
    except OSError as error:
        reason = reason_of(error)
        raise SettingsError("settings.not_written", path=path, reason=reason) from error


def _from_plain(plain: object) -> Settings:
    if not isinstance(plain, dict):
        raise TypeError("not an object")
    known: dict[str, Any] = {}
    for name, checked in _CHECKS.items():
        with suppress(ValueError):
            if plain.get(name) is not None:
                known[name] = checked(plain[name])
    unknown = {name: value for name, value in plain.items() if name not in _CHECKS}
    return Settings(**known, unknown=unknown)


def _language(value: object) -> object:
    if value not in LANGUAGES:
        raise ValueError(value)
    return value


def _minutes(value: object) -> object:
    if type(value) is not int or not 0 <= value <= LONGEST_IDLE_MINUTES:
        raise ValueError(value)
    return value


def _megabytes(value: object) -> object:
    if type(value) is not int or not 0 <= value <= MOST_SNAPSHOT_MB:
        raise ValueError(value)
    return value


def _day(value: object) -> object:
    return date.fromisoformat(str(value)).isoformat()


def _numbers(value: object) -> object:
    if not isinstance(value, list):
        raise ValueError(value)  # noqa: TRY004 - every check fails so
    return tuple(filter(None, map(_number, value)))


def _number(plain: object) -> OwnNumber | None:
    """Return one of the numbers; None for what is none, which leaves the others alone."""
    if not isinstance(plain, dict):
        return None
    known = {each.name: plain.get(each.name, "") for each in fields(OwnNumber)}
    texts = (text for name, text in known.items() if (name, text) != ("hours", None))
    if any(not isinstance(text, str) for text in texts):
        return None
    return OwnNumber(**known) if known["region"] and known["number"] else None


def _of_type(wanted: type) -> Callable[[object], object]:
    def check(value: object) -> object:
        if type(value) is not wanted:  # True is an int as well
            raise ValueError(value)
        return value

    return check


_CHECKS: Final[Mapping[str, Callable[[Any], object]]] = {
    "language": _language,
    "scheme": Scheme,
    "text_step": _of_type(int),
    "age": AgeBand,
    "region": _of_type(str),
    "numbers": _numbers,
    "notice_confirmed": _of_type(bool),
    "last_day": _day,
    "lock_minutes": _minutes,
    "snapshot_mb": _megabytes,
    "model": _of_type(str),
    "hub": _of_type(str),
    "proxy": _of_type(str),
}
