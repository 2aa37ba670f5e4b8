"""What was set aside. Nothing in it is removed, so it may hold what was purged since.

data/vault.damaged-<number>/          a history that did not open when a backup took its place
data/vault/history.damaged-<day>.db   what a rescue left, its log beside it, and in a `.json` its
                                      sealed key, where the history has had another one since or
                                      is about to
data/vault.backups-<number>/          the copies that either of them had, or another history

All are kept until a person removes them: nothing else may hold what could not be read. The history
that follows may lack turns that the copies have, and gives the ids of turns anew, so how far the
copies go could not be told any more. It begins its own.

Single copies of a folder that lies on another disk stay there: they are moved into a folder among
those they were with, and `vault.backups-<number>` is a link to it. Where the folder they were with
is renamed itself, the link is renewed.
"""

from __future__ import annotations

import errno
import glob
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from desktop_app.atomic_file import part_of, sync_folder, write_atomically
from desktop_app.vault.copies import (
    Copy,
    clear_leftovers,
    copies_in,
    folders_in,
    is_left,
    require_readable,
    safety_copies_in,
)
from desktop_app.vault.envelope import Envelope
from desktop_app.vault.envelope_file import encoded
from desktop_app.vault.errors import VaultError, disk_error
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.own_names import (
    free_numbered,
    is_beside,
    is_envelope,
    is_of_a_vault,
    named_like_copies,
)
from desktop_app.vault.removal import deepest_first, remove_own, require_within_reach


@dataclass(frozen=True, slots=True)
class SetAside:
    """One of them."""

    path: Path
    made: datetime
    """When it was last written to."""

    @property
    def size(self) -> int:
        """How many bytes it takes, with the log beside it."""
        return bytes_of(self.path) + bytes_of(_log_of(self.path))


def set_copies_aside(files: VaultFiles) -> None:
    """Keep the copies made until now apart from those of the history that is about to follow.

    Whoever calls this holds the vault's lock, and calls it again where a crash came between.

    That history is decided on, so what the disk refuses here keeps it from nothing. Copies that
    stay where they are it takes for strange when it is opened (strange_copies.py).
    """
    clear_leftovers(files)  # half a copy among them would keep old keys
    with suppress(OSError):
        if _copies(files.backups) or _holds_unread(files.backups):
            _set_all_aside(files)
    with suppress(OSError):
        _renew_links(files)


def _set_all_aside(files: VaultFiles) -> None:
    aside = free_numbered(files.backups)
    try:
        files.backups.rename(aside)
    except OSError:  # above all a disk of its own: one that is mounted there keeps its name
        _set_folders_aside(files, folders_in(files.backups))
    else:
        sync_folder(aside.parent)


def _renew_links(files: VaultFiles) -> None:
    """Have links to single copies lead to where the folder that holds them was renamed to.

    A crash may have come between, and so all are looked at.
    """
    folders = copies_aside(files)
    for link in folders:
        if not link.is_symlink() or link.readlink() != files.backups.resolve() / link.name:
            continue
        for inner in (folder.resolve() / link.name for folder in folders):
            if inner.is_dir() and not link.exists():
                # Under a name of ours: cut short, both links are known to be the program's.
                draft = free_numbered(files.backups)
                draft.symlink_to(inner, target_is_directory=True)
                draft.replace(link)
                sync_folder(link.parent)


def _holds_unread(folder: Path) -> bool:
    """Tell whether copies there cannot be looked into: no history that follows could purge."""
    try:
        require_readable(folder)
    except VaultError:
        return True
    return False


def set_some_aside(files: VaultFiles, copies: Sequence[Copy]) -> Path | None:
    """Keep some of the copies apart, under the names they have; return where, None for none.

    Raises:
        OSError: not all of them are; the others are where they were.
    """
    return _set_folders_aside(files, [copy.files.folder for copy in copies])


def _set_folders_aside(files: VaultFiles, copies: Sequence[Path]) -> Path | None:
    if not copies:
        return None
    aside = free_numbered(files.backups)
    try:
        _move(copies, aside)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        there = files.backups.resolve()
        link = free_numbered(files.backups, also_in=there)
        _move(copies, there / link.name, link)
    sync_folder(files.backups)
    return aside


def _move(copies: Sequence[Path], aside: Path, link: Path | None = None) -> None:
    """Move copies into a folder that is made for it, and a link to it; neither is left empty."""
    aside.mkdir(mode=0o700)
    try:
        if link is not None:  # before they are there, or nothing would tell of them
            link.symlink_to(aside, target_is_directory=True)
            sync_folder(link.parent)
        sync_folder(aside.parent)
        for copy in copies:
            copy.rename(aside / copy.name)
    except OSError:
        with suppress(OSError):  # one is in it
            aside.rmdir()
            if link is not None:
                link.unlink()
        raise
    sync_folder(aside)


def set_aside(files: VaultFiles) -> tuple[SetAside, ...]:
    """Return all of them, the newest first."""
    found = []
    for path in (*filter(is_left, histories_aside(files)), *_rescued(files), *_keys_left(files)):
        history = VaultFiles(path).history
        with suppress(OSError):
            written = (history if history.exists() else path).stat().st_mtime
            found.append(SetAside(path, datetime.fromtimestamp(written, UTC)))
    for folder in filter(_may_hold_copies, copies_aside(files)):
        made = [copy.made for copy in _copies(folder)]
        with suppress(OSError):
            changed = datetime.fromtimestamp(folder.lstat().st_mtime, UTC)
            found.append(SetAside(folder, max(made or [changed])))
    return tuple(sorted(found, key=lambda each: each.made, reverse=True))


def bytes_set_aside(folder: Path) -> int:
    """Return how many bytes all of them take that lie beside the vault in `folder`."""
    return sum(each.size for each in set_aside(VaultFiles(folder)))


def bytes_of(path: Path) -> int:
    """Return how many bytes a file takes, or all that a folder holds; none where it cannot tell."""
    with suppress(OSError):
        if path.is_dir():
            return sum(bytes_of(each) for each in path.iterdir())
        return path.stat().st_size
    return 0


def remove_set_aside(files: VaultFiles) -> None:
    """Remove all of them, the sealed keys among them first; what is somebody else's stays.

    A key file that lay in the place of that of a history goes with it (other_envelopes.py).

    Raises:
        VaultError: some cannot be removed, or are out of reach; again is the way on.
    """
    folders = deepest_first((*histories_aside(files), *copies_aside(files)))
    require_within_reach(folders)
    try:
        for folder in folders:
            remove_own(folder)
        for path in _keys_left(files):
            path.unlink()
        for path in _rescued(files):
            keys_of(path).unlink(missing_ok=True)
            _log_of(path).unlink(missing_ok=True)
            path.unlink()
        for parent in (files.folder, files.folder.parent):
            sync_folder(parent)
    except OSError as error:
        raise disk_error(error, files.folder) from error


def histories_aside(files: VaultFiles) -> list[Path]:
    """Return the folders of histories that were set aside."""
    return _beside(files, files.folder.with_name(f"{files.folder.name}.damaged"))


def copies_aside(files: VaultFiles) -> list[Path]:
    """Return the folders of copies that were set aside."""
    return _beside(files, files.backups)


def _copies(folder: Path) -> tuple[Copy, ...]:
    return (*copies_in(folder), *safety_copies_in(folder))


def _may_hold_copies(folder: Path) -> bool:
    """Tell whether copies lie in a folder, whole or not, or might: nobody can look, or it is away.

    What nobody can look into may hold what was purged, and is named for that.
    """
    try:
        return bool(named_like_copies(folder))
    except NotADirectoryError:
        return False
    except FileNotFoundError:
        return folder.is_symlink()
    except OSError:
        return True


def _beside(files: VaultFiles, named: Path) -> list[Path]:
    """Return what is numbered after a name; `vault.backups-of-mine` is somebody else's."""
    found = named.parent.glob(f"{glob.escape(named.name)}-*")
    return sorted(path for path in found if is_beside(files.folder, path))


def _rescued(files: VaultFiles) -> Iterator[Path]:
    found = files.folder.glob(f"{files.history.stem}.damaged-*.db")
    yield from sorted(path for path in found if is_of_a_vault(path))


def _keys_left(files: VaultFiles) -> list[Path]:
    """Return sealed keys whose damaged file a person removed: they open what was copied of it."""
    found = files.folder.glob(f"{files.history.stem}.damaged-*")
    rescued = {keys_of(path) for path in _rescued(files)}
    return sorted(path for path in found if is_envelope(path) and path not in rescued)


def envelopes_aside(files: VaultFiles) -> list[Path]:
    """Return where the sealed keys of rescued histories are kept, those that are there."""
    return [keys for path in _rescued(files) if (keys := keys_of(path)).exists()]


def keep_keys_aside(files: VaultFiles, envelope: Envelope) -> None:
    """Keep the envelope beside each damaged file that has none: it is about to be another one.

    Raises:
        OSError: it cannot be written; `drop_keys_aside` is the way back.
    """
    for path in _rescued(files):
        if not keys_of(path).exists():
            write_atomically(keys_of(path), encoded(envelope))


def drop_keys_aside(files: VaultFiles, envelope: Envelope) -> None:
    """Remove it there again, where it stays the history's: it would outlive its passphrase.

    Raises:
        OSError: it cannot be removed; again is the way on.
    """
    for path in map(keys_of, _rescued(files)):
        part_of(path).unlink(missing_ok=True)
        if path.exists() and path.read_bytes() == encoded(envelope):
            path.unlink()


def keys_of(path: Path) -> Path:
    """Return where the sealed key of a damaged file is kept, once the history has another."""
    return path.with_suffix(".json")


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")
