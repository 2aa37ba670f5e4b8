"""Whose data key a copy beside the history has, and keeping its envelope that of the history.

A copy holds the data key of its day, sealed for what opened the history then. So whatever opens the
history no longer would still give that key away. Each change of `vault.json` is therefore carried
into every copy that the same key opens.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from desktop_app.atomic_file import write_atomically
from desktop_app.vault.crash_points import crash_point
from desktop_app.vault.envelope import Envelope, SlotKind
from desktop_app.vault.envelope_file import encoded, read_envelope
from desktop_app.vault.errors import VaultError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.kept_copies import kept_copies
from desktop_app.vault.peek import pages_opened


def follow(
    files: VaultFiles,
    dek: bytes,
    envelope: Envelope,
    earlier: Envelope | None = None,
    writing: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> None:
    """Write the vault's envelope into each copy of the same data key; one that has it is left.

    Args:
        files: the vault's.
        dek: its data key.
        envelope: its envelope, whatever lies under that name.
        earlier: what the envelope was before: a copy too damaged to be opened is known by it.
        writing: what a file is written inside of; it raises where no more may be written.

    Raises:
        VaultError: some copy could not be written; doing it again is the way on.
    """
    known = _seals(envelope) | _seals(earlier)
    left: OSError | None = None
    for copy in kept_copies(files):
        found = _readable(copy.files.envelope)  # None: put back where the key is the same
        if found == envelope:
            continue
        if _seals(found) & known or pages_opened(copy.files.history, dek):
            try:
                with writing():
                    write_atomically(copy.files.envelope, encoded(envelope))
            except OSError as error:
                left = error
            crash_point("copied_keys.written")
    if left is not None:
        raise VaultError("vault.copies_behind", folder=files.backups) from left


def is_of(vault: VaultFiles, copy: VaultFiles, dek: bytes) -> bool:
    """Tell whether a copy is of the vault whose data key is `dek`, however damaged it is."""
    known = _seals(_readable(vault.envelope))
    return bool(_seals(_readable(copy.envelope)) & known or pages_opened(copy.history, dek))


def _seals(envelope: Envelope | None) -> set[bytes]:
    """Return the sealed keys; each was sealed with a nonce of its own, so equal is the same key."""
    slots = [] if envelope is None else [getattr(envelope, kind) for kind in SlotKind]
    return {slot.sealed for slot in slots if slot is not None}


def _readable(path: Path) -> Envelope | None:
    try:
        return read_envelope(path)
    except VaultError:
        return None
