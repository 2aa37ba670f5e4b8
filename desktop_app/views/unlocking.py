"""Opening the encrypted history, making it and erasing it, away from the window's thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop_app.views.tasks import Tasks

if TYPE_CHECKING:
    from desktop_app.vault.envelope import Envelope
    from desktop_app.vault.vault import Vault


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways the history can be opened; none where there is none yet."""

    keyring: bool
    passphrase: bool
    recovery: bool


class Unlocking(QObject):
    """Asks for the vault in one folder; whatever is asked ends in exactly one signal."""

    found = Signal(Ways)
    opened = Signal(object)
    """A Vault; whoever takes it closes it."""
    failed = Signal(Exception)
    probed = Signal(object)
    """None where this system's keyring keeps what it gets, else the error that says why not."""
    erased = Signal(object)
    """None, or the error that says what is left."""

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self._tasks = Tasks(self)
        self._damaged: tuple[Callable[..., Vault], bool] | None = None
        """How it was tried to be opened, where a rescue may follow: a passphrase may be in it."""
        self._adoption: _Adoption | None = None

    def look(self) -> None:
        """Find the ways to open it; ends in `found` or `failed`."""
        folder = self._folder
        self._tasks.start(lambda: _ways(folder), self.found.emit, self.failed.emit)

    def probe_keyring(self) -> None:
        """Ask whether this system's keyring can be used; ends in `probed`."""
        self._tasks.start(_probe, self.probed.emit, self.probed.emit)

    def open(self, passphrase: str | None = None, *, adopt: bool = False) -> None:
        """Open the history, with the keyring where no passphrase is given.

        `adopt`: let this computer's keyring open it from now on.
        """
        self._open_by(partial(_open, self._folder, passphrase), adopt)

    def open_with_code(self, typed: str, *, adopt: bool = False) -> None:
        """Open the history with the recovery code, as it was typed; `adopt` as with `open`."""
        self._open_by(partial(_open_with_code, self._folder, typed), adopt)

    def rescue(self) -> None:
        """Rescue what can be read of the history that was too damaged to open, and open that."""
        assert self._damaged is not None
        open_it, adopt = self._damaged
        self._open_by(partial(open_it, rescues=True), adopt)

    def open_rescued(self, dek: bytes, envelope: Envelope) -> None:
        """Rescue what can be read of the history, which was open with these, and open that."""
        folder = self._folder
        self._start_opening(lambda: _open_rescued(folder, dek, envelope), self.failed.emit)

    def _open_by(self, open_it: Callable[..., Vault], adopt: bool) -> None:
        self._damaged = None

        def failed(error: Exception) -> None:
            from desktop_app.vault.errors import DamagedHistoryError

            if isinstance(error, DamagedHistoryError):
                # Kept until the next way is tried: a passphrase need not be typed twice.
                self._damaged = open_it, adopt
            self.failed.emit(error)

        self._adoption = _Adoption(open_it) if adopt else None
        self._start_opening(self._adoption or open_it, failed)

    def create(self, passphrase: str | None = None) -> None:
        """Make the history and open it; the keyring keeps its key where no passphrase is given."""
        folder = self._folder
        self._start_opening(lambda: _create(folder, passphrase), self.failed.emit)

    def _start_opening(
        self, open_it: Callable[[], Vault], failed: Callable[[Exception], None]
    ) -> None:
        self._tasks.start(open_it, self.opened.emit, failed, _close_in_haste)

    def erase(self) -> None:
        """Erase the history, which is closed; ends in `erased`."""
        folder = self._folder
        self._tasks.start(lambda: _erase(folder), self.erased.emit, self.erased.emit)

    @property
    def remembers(self) -> bool:
        """Tell whether it is remembered how a damaged history was tried to be opened."""
        return self._damaged is not None

    @property
    def works(self) -> bool:
        """Tell whether the outcome of something is still to come."""
        return self._tasks.works

    def abandon(self) -> None:
        """Hear no more of what was asked, and forget how; see Tasks."""
        self._damaged = None
        self._tasks.abandon()
        self._end_adoption()

    def close(self) -> None:
        """Abandon what was asked and wait for it, but not for a person."""
        self._damaged = None
        try:
            self._end_adoption()
        finally:
            self._tasks.close()

    def _end_adoption(self) -> None:
        adoption, self._adoption = self._adoption, None
        if adoption is not None:
            adoption.end()


def _ways(folder: Path) -> Ways:
    from desktop_app.vault.envelope import SlotKind
    from desktop_app.vault.envelope_file import read_envelope  # quicker there than all of a vault
    from desktop_app.vault.errors import DamagedEnvelopeError
    from desktop_app.vault.files import VaultFiles
    from desktop_app.vault.other_ways import copied_ways

    files, found = VaultFiles(folder), frozenset[SlotKind]()
    if files.exist():
        try:
            envelope = read_envelope(files.envelope)
        except DamagedEnvelopeError:
            from desktop_app.vault.mending import found_envelope

            envelope = found_envelope(files)
        found = envelope.slots() | copied_ways(files, envelope)
    return Ways(
        keyring=SlotKind.KEYRING in found,
        passphrase=SlotKind.PASSPHRASE in found,
        recovery=SlotKind.RECOVERY in found,
    )


def _probe() -> None:
    from desktop_app.vault.keychain import Keychain

    Keychain().probe()


def _open(folder: Path, passphrase: str | None, *, rescues: bool = False) -> Vault:
    from desktop_app.vault.keychain import Keychain
    from desktop_app.vault.vault import open_with_keyring, open_with_passphrase

    if passphrase is None:
        return open_with_keyring(folder, Keychain(), rescues=rescues)
    return open_with_passphrase(folder, passphrase, rescues=rescues)


def _open_with_code(folder: Path, typed: str, *, rescues: bool = False) -> Vault:
    from desktop_app.vault.vault import open_with_recovery

    return open_with_recovery(folder, typed, rescues=rescues)


def _open_rescued(folder: Path, dek: bytes, envelope: Envelope) -> Vault:
    from desktop_app.vault.vault import open_rescued

    return open_rescued(folder, dek, envelope)


class _Adoption:
    """Lets this computer's keyring open a history; its prompt may stand for as long as it likes."""

    def __init__(self, open_it: Callable[..., Vault]) -> None:
        self._open_it: Callable[..., Vault] | None = open_it
        self._turn = threading.Lock()
        self._vault: Vault | None = None
        self._over = False

    def __call__(self) -> Vault:
        """Return the open vault; a keyring that does not take its key is one of its notices."""
        from desktop_app.vault.errors import VaultError
        from desktop_app.vault.keychain import Keychain

        # A passphrase is in it; a prompt may outlive a lock.
        open_it, self._open_it = self._open_it, None
        assert open_it is not None
        vault = open_it()
        del open_it
        with self._turn:
            self._vault = vault
            if self._over:
                _close_in_haste(vault)
        try:
            vault.keys.keep_in(Keychain())
        except VaultError as error:
            vault.notices = (*vault.notices, error)
        finally:
            with self._turn:
                self._vault = None
        return vault

    def end(self) -> None:
        """Close the history, whatever the keyring waits for, where nobody has taken it yet."""
        with self._turn:
            self._over = True
            if self._vault is not None:
                _close_in_haste(self._vault)


def _close_in_haste(vault: Vault) -> None:
    """Close what nobody has taken: no copy is made, but for one that is due, within its time."""
    vault.database.give_up()
    vault.close()


def _erase(folder: Path) -> None:
    from desktop_app.vault.erase import erase
    from desktop_app.vault.keychain import Keychain

    erase(folder, Keychain())


def _create(folder: Path, passphrase: str | None) -> Vault:
    from desktop_app.vault.creation import create
    from desktop_app.vault.keychain import Keychain

    if passphrase is None:
        return create(folder, keychain=Keychain())
    return create(folder, passphrase=passphrase)
