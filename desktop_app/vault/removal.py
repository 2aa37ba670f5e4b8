"""Removing what this program made of a folder, and nothing that somebody else put there.

The sealed keys go first: cut short, what is left of the folder is noise to everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from desktop_app.vault.errors import VaultError
from desktop_app.vault.own_names import is_envelope, own_files, own_folders


def require_within_reach(parts: Iterable[Path]) -> None:
    """Ask before anything is removed whether it can be: a disk may be away.

    Raises:
        VaultError: one is a link, and where it leads is not here. To remove the link would leave
            what lies there, keys and all, and nothing that tells of it.
    """
    for part in parts:
        if part.is_symlink() and not part.exists():
            raise VaultError("vault.link_leads_nowhere", path=part)


def remove_own(part: Path) -> Path | None:
    """Remove a file, or of a folder what is the program's; return where something else is left.

    The folder goes where it is empty then. Of one that is a link, the link goes: the folder there
    may be somebody's choice, or a whole disk.

    Raises:
        OSError: the first that cannot be removed; all else is. It names the file or folder.
    """
    failed: list[OSError] = []
    left = None
    if part.is_dir():
        for path in sorted(own_files(part), key=is_envelope, reverse=True):
            _try(path.unlink, failed)
        for folder in own_folders(part):
            if not any(folder.iterdir()):
                _try(folder.rmdir, failed)
        if any(part.iterdir()):
            left = part.resolve()
    if not failed and (left is None or part.is_symlink()):
        _try(part.rmdir if part.is_dir() and not part.is_symlink() else part.unlink, failed)
    if failed:
        raise failed[0]
    return left


def _try(remove: Callable[[], None], failed: list[OSError]) -> None:
    try:
        remove()
    except FileNotFoundError:
        pass
    except OSError as error:
        failed.append(error)
