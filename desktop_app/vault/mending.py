"""A damaged `vault.json`, or another history's, put right from the copies beside it.

The copies carry the envelope of the history (copied_keys.py). So where `history.db` is well,
nothing of it is lost with a file of 600 bytes, and nothing newer is given up for it. A change of
the data key that was cut short may have left the one that opens it beside it, which is then put in
place where such a change is ended (rotation.py).
"""

from __future__ import annotations

from contextlib import suppress

from desktop_app.errors import KnownError
from desktop_app.vault.database import Database
from desktop_app.vault.envelope import Envelope
from desktop_app.vault.envelope_file import read_envelope, write_envelope
from desktop_app.vault.errors import DamagedEnvelopeError, DamagedHistoryError, VaultError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.kept_copies import kept_copies
from desktop_app.vault.other_envelopes import put_in_its_place
from desktop_app.vault.peek import has_another_key, pages_opened
from desktop_app.vault.rotation import Unsealing


class Tried:
    """Opens envelopes as another does, and remembers which of them gave which key."""

    def __init__(self, unsealed: Unsealing) -> None:
        self._unsealed = unsealed
        self.gave: dict[bytes, Envelope] = {}
        """The last one by its data key."""

    def __call__(self, envelope: Envelope) -> bytes:
        """Return the data key."""
        dek = self._unsealed(envelope)
        self.gave[dek] = envelope
        return dek


def found_envelope(files: VaultFiles) -> Envelope:
    """Return the vault's envelope; where it is damaged, the next one, or that of the newest copy.

    Raises:
        DamagedEnvelopeError: it is damaged or missing, and there is no other.
        NewerVaultError: see `read_envelope`.
    """
    try:
        return read_envelope(files.envelope)
    except DamagedEnvelopeError:
        with suppress(DamagedEnvelopeError):
            return read_envelope(files.next_envelope)
        copied = _copied_envelopes(files)
        if not copied:
            raise
        return copied[0]


def mend(files: VaultFiles, unsealed: Unsealing) -> tuple[KnownError, ...]:
    """Put a damaged or missing `vault.json` back, where a copy's opens the history.

    Returns:
        What a person should be told of it; nothing where nothing was mended.

    Raises:
        WrongPassphraseError, WrongRecoveryCodeError, KeyringError: neither a copy's nor the next
            one is opened by what the person has.
        VaultError: the history is in use, the disk is full, …
    """
    if not _damaged(files):
        return ()
    refused: list[VaultError] = []
    if files.next_envelope.exists():
        try:
            if _opens(files, unsealed(read_envelope(files.next_envelope))):
                return (_mended(files),)
        except DamagedEnvelopeError:
            pass
        except VaultError as error:
            refused.append(error)
    for envelope in _copied_envelopes(files):
        try:
            with Database(files.history, unsealed(envelope)) as database:
                damaged = database.damaged
        except DamagedHistoryError:  # or a copy of another key
            continue
        except VaultError as error:
            refused.append(error)
            continue
        write_envelope(files.envelope, envelope)
        partly = DamagedHistoryError("vault.partly_damaged", path=files.history)
        return (_mended(files), partly) if damaged else (_mended(files),)
    if refused:
        raise refused[0]
    return ()


def put_right(files: VaultFiles, unsealed: Unsealing, dek: bytes | None) -> tuple[KnownError, ...]:
    """Put a copy's envelope in the place of one that is another history's.

    Args:
        files: of a history that does not open.
        unsealed: opens an envelope by what the person has.
        dek: what the envelope there gave by it; None where that does not open it.

    Returns:
        What a person should be told of it; nothing where the envelope there may be the history's.

    Raises:
        DamagedEnvelopeError: it is another's, and no copy has the history's.
        VaultError: the disk is full, …
    """
    if _damaged(files) or (dek is not None and not has_another_key(files.history, dek)):
        return ()
    found = read_envelope(files.envelope)
    for envelope in _copied_envelopes(files):
        # With the same id it may be from before what the person has was changed.
        if envelope == found or (dek is None and envelope.vault == found.vault):
            continue
        with suppress(VaultError):
            if _opens(files, unsealed(envelope)):
                return (_put_back(files, envelope),)
    if dek is None or any(pages_opened(copy.files.history, dek) for copy in kept_copies(files)):
        return ()
    raise DamagedEnvelopeError("vault.envelope_others", path=files.envelope)


def _put_back(files: VaultFiles, envelope: Envelope) -> KnownError:
    kept = put_in_its_place(files, envelope)
    return VaultError("vault.envelope_put_back", path=files.envelope, aside=kept)


def _mended(files: VaultFiles) -> KnownError:
    return VaultError("vault.envelope_mended", path=files.envelope)


def _opens(files: VaultFiles, dek: bytes) -> bool:
    """Tell whether a data key is the history's, however damaged that is."""
    try:
        with Database(files.history, dek):
            return True
    except DamagedHistoryError:
        return pages_opened(files.history, dek) > 0


def _damaged(files: VaultFiles) -> bool:
    try:
        read_envelope(files.envelope)
    except DamagedEnvelopeError:
        return True
    return False


def _copied_envelopes(files: VaultFiles) -> list[Envelope]:
    """Return the readable envelopes of the copies, each once, the newest first."""
    found: list[Envelope] = []
    for copy in kept_copies(files):
        try:
            envelope = read_envelope(copy.files.envelope)
        except VaultError:
            continue
        if envelope not in found:
            found.append(envelope)
    return found
