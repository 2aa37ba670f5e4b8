"""Removing what this program made of a folder, and nothing that somebody else put there.

The sealed keys go first: cut short, what is left of the folder is noise to everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from os.path import realpath
from pathlib import Path

from desktop_app.vault.errors import VaultError
from desktop_app.vault.own_names import (
    BLOBS,
    files_of_one,
    is_envelope,
    is_folder,
    named_like_copies,
)


def require_within_reach(parts: Iterable[Path]) -> None:
    """Ask before anything is removed whether it can be: a disk may be away.

    Raises:
        VaultError: one is a link, and where it leads is not here. To remove the link would leave
            what lies there, keys and all, and nothing that tells of it.
    """
    for part in parts:
        if part.is_symlink() and not part.exists():
            raise VaultError("vault.link_leads_nowhere", path=part)


def deepest_first(parts: Iterable[Path]) -> list[Path]:
    """Return parts so that one comes before the folder it leads into, which is empty only then."""
    # Not `resolve`: where links lead in a circle, it raises.
    return sorted(parts, key=lambda part: (len(Path(realpath(part)).parts), part), reverse=True)


def remove_own(part: Path) -> Path | None:
    """Remove a file, or of a folder what is the program's; return where something else is left.

    The folder goes where it is empty then. Of one that is a link, the link goes: the folder there
    may be somebody's choice, or a whole disk. One of the link's own name is ours: see set_aside.py.

    Raises:
        OSError: the first that cannot be read or removed; all else is. It names the file or folder.
    """
    failed: list[OSError] = []
    left = None
    if part.is_dir():
        named = _listed(partial(named_like_copies, part), failed)
        copies = [each for path in named for each in _listed(partial(_if_folder, path), failed)]
        for folder in (part, *copies):
            files = _listed(partial(files_of_one, folder), failed)
            for path in sorted(files, key=is_envelope, reverse=True):
                _try(path.unlink, failed)
        blobs = [each / BLOBS for each in (part, *copies)]
        inner = [each for path in blobs for each in _listed(partial(_if_folder, path), failed)]
        for folder in (*inner, *copies):
            if not _listed(partial(_inside, folder), failed):
                _try(folder.rmdir, failed)
        if not failed and any(part.iterdir()):
            left = part.resolve()
    if not failed and (left is None or part.is_symlink()):
        there = part.resolve()
        _try(part.rmdir if part.is_dir() and not part.is_symlink() else part.unlink, failed)
        if left is None and there.name == part.name:
            with suppress(OSError):  # it is gone; or a disk, after all
                there.rmdir()
    if failed:
        raise failed[0]
    return left


def _if_folder(path: Path) -> list[Path]:
    return [path] if is_folder(path) else []


def _inside(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def _listed(listed: Callable[[], list[Path]], failed: list[OSError]) -> list[Path]:
    try:
        return listed()
    except OSError as error:
        failed.append(error)
        return []


def _try(remove: Callable[[], None], failed: list[OSError]) -> None:
    try:
        remove()
    except FileNotFoundError:
        pass
    except OSError as error:
        failed.append(error)
