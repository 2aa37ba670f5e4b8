"""Erasing a history for good: its keys first, then its files, and the copies beside it.

Overwriting is no proof on a flash disk, which writes elsewhere. So the sealed keys go first, every
copy under this program's own names, and with them the safety plan where it was kept readable: what
is then left of these is noise to everybody. A kill on the way leaves nothing that opens once the
keys are gone; erasing again clears the rest.

The keyring comes last, and is not waited for longer than a person who is there needs: it may ask
one who has gone, and nothing of the history may outlast a prompt. Its key then seals nothing. It is
asked also where a file could not be removed: erasing again, no envelope would name the key.

Backups that a person saved are files of their own, and stay, also where they lie beside it and are
called like it. They open by a passphrase or recovery code as before, and whoever erases is told.
"""

from __future__ import annotations

import glob
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

from desktop_app.atomic_file import part_of, sync_file, sync_folder
from desktop_app.vault.crash_points import crash_point
from desktop_app.vault.envelope import SlotKind
from desktop_app.vault.envelope_file import read_envelope
from desktop_app.vault.errors import (
    CopiesLeftError,
    DamagedEnvelopeError,
    KeyringError,
    KeyringLockedError,
    KeysErasedError,
    NewerVaultError,
    VaultError,
    disk_error,
)
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.lock import locked
from desktop_app.vault.other_envelopes import is_other
from desktop_app.vault.own_names import is_beside, own_envelopes
from desktop_app.vault.removal import deepest_first, remove_own, require_within_reach
from desktop_app.vault.scratch import clear_scratch
from resources.system_errors import reason_of

if TYPE_CHECKING:  # a keyring's libraries are loaded by whoever has one
    from desktop_app.vault.keychain import Keychain

ID: Final = re.compile(rb'"vault": "([0-9a-f]{32})"')
"""As envelope_file.py writes it."""
PATIENCE_SECONDS: Final = 20.0
"""Enough to type a password into a keyring's prompt."""


def erase(folder: Path, keychain: Keychain, patience: float = PATIENCE_SECONDS) -> None:
    """Erase the history in `folder`, which nobody has open, and all that lies beside it.

    Needs no way of opening it: whoever lost them all may begin anew. The keyring may take
    `patience` seconds to answer.

    Raises:
        BusyVaultError: it is open.
        KeyringError: all is erased, but the keyring still holds a key, of no use now; or the key
            file was damaged, and it may; or another history's lay there, and its key stays.
        KeysErasedError: nothing opens it any more, but files could not be removed, or there are
            files of somebody else's in its folders, or beside it under such a name.
        CopiesLeftError: it is erased, but a copy could not be looked into, and opens as before.
        VaultError: there is none, a part of it is out of reach, or a key cannot be removed; again
            is the way on.
    """
    files = VaultFiles(folder)
    if not any(_parts(files)) and not any(_readable(files)):
        raise VaultError("vault.none")
    require_within_reach(_parts(files))
    with locked(files):
        gone: list[Path] = []
        unread: list[OSError] = []
        try:
            envelopes = list(_envelopes(files, unread))
            own = _own(envelopes)
            kept, others_kept = _to_forget(files, own)
            perhaps = None if kept or others_kept else _perhaps_kept(own)
            for path in (*_readable(files), *envelopes):
                _destroy(path)
                gone.append(path)
        except OSError as error:
            if gone:  # not so that nothing was touched
                values = {"path": error.filename or files.folder, "reason": reason_of(error)}
                raise VaultError("vault.erasing_cut_short", **values) from error
            raise disk_error(error, files.envelope) from error
        crash_point("erase.keys_gone")
        clear_scratch(files)  # all that lies in such a folder is this program's
        others = _others(files)
        not_removed = list(filter(None, [_remove(part, others) for part in list(_parts(files))]))
        with suppress(OSError):  # of the keys it was done; the rest is noise
            sync_folder(folder.parent)
    left = _forget_keyring(kept, keychain, patience)
    told = _what_is_left(unread, not_removed, others, None if left is None else keychain.name)
    if told is not None:
        raise told from left
    if others_kept and keychain.reachable:
        names = ", ".join(map(keychain.entry, sorted(others_kept)))
        raise KeyringError("vault.keyring_of_another", keyring=keychain.name, names=names)
    if perhaps is not None and keychain.reachable:
        values = {"keyring": keychain.name, "name": keychain.entry(perhaps)}
        raise KeyringError("vault.keyring_perhaps_left", **values)


def takes_from_keyring(folder: Path) -> bool:
    """Tell whether erasing takes a key out of a keyring.

    It is kept under the vault's id, which a copy of the whole data folder has too, wherever it
    lies: what opens with that key alone never would again, and whoever erases is told before.
    """
    try:
        files = VaultFiles(folder)
        return bool(_to_forget(files, _own(_envelopes(files, [])))[0])
    except OSError:  # `erase` says what that is
        return False


def _what_is_left(
    unread: list[OSError],
    not_removed: list[tuple[Path, OSError]],
    others: list[Path],
    keyring: str | None,
) -> VaultError | None:
    """Return what to tell of what is not gone, the worst of it; `keyring`: it still holds a key."""
    beside = {} if keyring is None else {"keyring": keyring}
    and_keyring = "" if keyring is None else "and_keyring_"
    unread = [error for error in unread if _may_be_there(Path(error.filename))]
    if unread:  # before all else: what follows says that nothing opens
        paths = ", ".join(str(error.filename) for error in unread)
        values = {"paths": paths, "reason": reason_of(unread[0]), **beside}
        besides = [(path, why) for path, why in not_removed if not _is_below(path, unread)]
        further = _what_is_left([], besides, others, None)
        return CopiesLeftError(f"vault.copies_{and_keyring}left", further, **values)
    if not_removed:
        paths = ", ".join(str(path) for path, _ in not_removed)
        values = {"paths": paths, "reason": reason_of(not_removed[0][1]), **beside}
        return KeysErasedError(f"vault.files_{and_keyring}left", **values)
    if others:
        paths = ", ".join(map(str, others))
        return KeysErasedError(f"vault.others_{and_keyring}left", paths=paths, **beside)
    return None if keyring is None else KeyringError("vault.erased_keyring_left", **beside)


def _is_below(path: Path, unread: list[OSError]) -> bool:
    """Tell whether a path has been named by one of these, or lies in what they name."""
    return any(path.is_relative_to(error.filename) for error in unread)


def _may_be_there(path: Path) -> bool:
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


def _parts(files: VaultFiles) -> Iterator[Path]:
    """Return the vault's folder and what this program puts beside it, but for the lock."""
    with suppress(OSError):
        own = [path for path in files.folder.parent.iterdir() if is_beside(files.folder, path)]
        yield from deepest_first(own)  # vault.backups-1 may lie in vault.backups


def _others(files: VaultFiles) -> list[Path]:
    """Return what is named after the vault and is none of its parts."""
    named = files.folder.parent.glob(f"{glob.escape(files.folder.name)}.*")
    own = {files.lock, *_parts(files)}
    return sorted(path for path in named if path not in own)


def _remove(part: Path, others: list[Path]) -> tuple[Path, OSError] | None:
    """Remove all that can be of a file or folder; return the first that cannot, and why.

    It is put among `others` where something else lies in it.
    """
    try:
        left = remove_own(part)
    except OSError as error:
        return Path(error.filename or part), error
    if left is not None:
        others.append(left)
    return None


def _readable(files: VaultFiles) -> list[Path]:
    """Return the safety plan that is not encrypted, and what a crash left of writing it."""
    plan = files.readable_plan
    return [path for path in (plan, part_of(plan)) if path.exists()]


def _envelopes(files: VaultFiles, unread: list[OSError]) -> Iterator[Path]:
    """Return every file of sealed keys, those of the vault itself first; see `own_envelopes`."""
    yield from filter(Path.exists, (files.envelope, files.next_envelope))
    for part in filter(Path.is_dir, _parts(files)):
        yield from own_envelopes(part, unread)


def _own(envelopes: Iterable[Path]) -> list[Path]:
    """Leave out those that were kept for another history: its key may open it elsewhere here."""
    return [path for path in envelopes if not is_other(path)]


def _to_forget(files: VaultFiles, own: list[Path]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the ids of the vaults whose key goes, and those whose key may be another history's.

    A `vault.json` that a sync tool put there from another computer, or another folder of this one,
    was perhaps never put right. The copies have the envelope of the history (copied_keys.py), so
    they know its id; a key that stays opens nothing more of it.
    """
    kept = _kept_in_keyring(own)
    copied = _ids(path for path in own if path.is_relative_to(files.backups))
    here = _kept_in_keyring(path for path in own if path in {files.envelope, files.next_envelope})
    others = here - copied if copied else frozenset[str]()
    return kept - others, others


def _ids(envelopes: Iterable[Path]) -> frozenset[str]:
    """Return the ids of the vaults that can be read there."""
    found = set()
    for path in envelopes:
        with suppress(VaultError):
            found.add(read_envelope(path).vault)
    return frozenset(found)


def _kept_in_keyring(envelopes: Iterable[Path]) -> frozenset[str]:
    """Return the ids of the vaults a keyring keeps a key for."""
    found = set()
    for path in envelopes:
        try:
            envelope = read_envelope(path)
        except DamagedEnvelopeError:
            if _names_keyring(path) and (vault := _id_in(path)):
                found.add(vault)
        except VaultError:  # a later version's
            continue
        else:
            if SlotKind.KEYRING in envelope.slots():
                found.add(envelope.vault)
    return frozenset(found)


def _names_keyring(path: Path) -> bool:
    """Tell whether what is left of a damaged key file says that a keyring has a key for it."""
    with suppress(OSError):
        return f'"{SlotKind.KEYRING}": {{'.encode() in path.read_bytes()
    return False


def _perhaps_kept(envelopes: Iterable[Path]) -> str | None:
    """Return the id under which a keyring may keep a key, "" where that is lost too; None for no.

    A damaged key file may have named a keyring. Whoever reads what is left of it does not ask the
    keyring, which might ask a person, for what perhaps was never there.
    """
    found = None
    for path in envelopes:
        with suppress(NewerVaultError):
            try:
                read_envelope(path)
            except DamagedEnvelopeError:
                found = found or _id_in(path)
            else:
                return None  # as all the others say, which follow the same changes
    return found


def _id_in(path: Path) -> str:
    with suppress(OSError):
        named = ID.search(path.read_bytes())
        return named[1].decode("ascii") if named is not None else ""
    return ""


def _forget_keyring(
    vaults: frozenset[str], keychain: Keychain, patience: float
) -> KeyringError | None:
    """Take the keys out of the keyring; return what stands in the way."""
    if not vaults:
        return None
    answer: SimpleQueue[KeyringError | None] = SimpleQueue()

    def ask() -> None:
        left = None
        for vault in vaults:
            try:
                keychain.forget(vault)
            except KeyringError as error:
                left = error
        answer.put(left)

    # A daemon: whoever answers its prompt later has the key removed then, or the program is gone.
    threading.Thread(target=ask, name="keyring", daemon=True).start()
    try:
        return answer.get(timeout=patience)
    except Empty:
        return KeyringLockedError("vault.keyring_locked", keyring=keychain.name)


def _destroy(path: Path) -> None:
    """Overwrite a small file where the disk writes in place, and remove it.

    A disk that writes elsewhere may have no room for the zeros, which would be no proof there.
    """
    with suppress(FileNotFoundError):  # named twice
        with suppress(OSError), path.open("rb+") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            sync_file(file.fileno())
        path.unlink()
        sync_folder(path.parent)
