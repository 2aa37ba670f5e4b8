"""Whether an adapter says it was trained on another base.

Another base of equal shapes merges without an error and answers worse; only its name tells. A
folder may have been renamed, so this is a hint and no refusal. A name that says bitsandbytes is
of the same base, quantised to be trained on (docs/decisions/0016-no-quantised-bases.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from convert.json_file import read_optional_object

_CACHED: Final = "models--"
"""What the hub's cache calls a repository's folder: `models--OWNER--NAME`."""

_QUANTISED: Final = re.compile(r"(-unsloth)?-bnb-[48]bit$")
"""What is added to a base's name where its weights are those of bitsandbytes."""


def other_base(base: Path, config: Mapping[str, Any]) -> str | None:
    """Return what adapter_config.json names as its base, None where it may well be this one.

    `config`: of the adapter. Compared is the last part of the name, in any case of its letters
    and without what says that it is quantised: with the folder's name and with what the base's
    config.json calls itself.
    """
    named = config.get("base_model_name_or_path")
    if not isinstance(named, str) or not _last(named):
        return None
    ours = {_plain(name) for name in _names_of(base)}
    return None if _plain(named) in ours else named


def _names_of(base: Path) -> Iterator[str]:
    folder = base.resolve()
    yield folder.name
    for parent in folder.parents:
        if parent.name.startswith(_CACHED):
            yield parent.name.rpartition("--")[2]
    own = read_optional_object(base / "config.json").get("_name_or_path")
    if isinstance(own, str):
        yield own


def _plain(name: str) -> str:
    return _QUANTISED.sub("", _last(name).casefold())


def _last(name: str) -> str:
    return re.split(r"[/\\]", name.rstrip("/\\"))[-1]
