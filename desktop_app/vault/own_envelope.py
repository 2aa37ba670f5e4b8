"""The key file of an open history: what this program read or wrote last, whatever lies there now.

The lock keeps every process of this program away, so what else comes to lie under the name of
`vault.json` is no change of this history's: a sync tool has brought that of another computer, a
disk has damaged it. A copy that had it would never open, and a way of opening sealed into it would
be another's. So both are made of what is remembered here, which holds no open key. The file is put
back where it alone was changed; what lay there is kept beside it (other_envelopes.py). Where the
history has lost its name too, both are perhaps another's, and neither is touched.

While the data key is being changed the next envelope lies beside it, and nothing is put back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from desktop_app.vault.envelope import Envelope
from desktop_app.vault.envelope_file import read_envelope, write_envelope
from desktop_app.vault.errors import GivenUpError, VaultError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.other_envelopes import put_in_its_place


class OwnEnvelope:
    """That of one open history. Any thread may use it; they take turns."""

    def __init__(
        self,
        files: VaultFiles,
        check_there: Callable[[], None],
        envelope: Envelope | None = None,
    ) -> None:
        """Take the envelope that opened the history; else, where one can be read, what lies there.

        `check_there` raises VaultError where the history has lost its name.
        """
        self._files, self._check_there = files, check_there
        if envelope is None:
            with suppress(VaultError):
                envelope = read_envelope(files.envelope)
        self._envelope = envelope
        self._closed = False
        self._turn = threading.Lock()
        """Held for as long as one small file takes; nothing is taken after it."""

    def now(self) -> Envelope:
        """Return it.

        Raises:
            DamagedEnvelopeError, NewerVaultError: the file could not be used at the opening either.
        """
        return self._envelope or read_envelope(self._files.envelope)

    def lies_there(self) -> bool:
        """Tell whether the file is as this program left it, or is being changed by it."""
        if self._envelope is None or self._files.next_envelope.exists():
            return True
        with suppress(VaultError):
            return read_envelope(self._files.envelope) == self._envelope
        return False

    def put_back(self) -> None:
        """Put the file back where something else lies under its name.

        Raises:
            GivenUpError: the history was closed.
            VaultError: the history has lost its name, too, and nothing was touched; or nothing can
                be written.
        """
        self._check_there()
        with self._turn:
            if self._closed:
                raise GivenUpError("vault.given_up")
            if self._envelope is not None and not self.lies_there():
                put_in_its_place(self._files, self._envelope)

    def put_back_if_possible(self) -> None:
        """Put it back; where that is not possible, whoever must have it so tries again."""
        with suppress(VaultError):
            self.put_back()

    def close(self) -> None:
        """Put it back for the last time: who opens the history next may change it."""
        self.put_back_if_possible()
        with self._turn:
            self._closed = True

    def write(self, renewed: Envelope) -> None:
        """Write another one, which is this history's from now on.

        Raises:
            VaultError: the disk is full, …; the earlier one stands.
        """
        with self._turn:
            try:
                write_envelope(self._files.envelope, renewed)
            except VaultError:
                with suppress(VaultError):  # it may have got its name all the same
                    if read_envelope(self._files.envelope) == renewed:
                        self._envelope = renewed
                raise
            self._envelope = renewed

    @contextmanager
    def unmoved(self) -> Iterator[None]:
        """Let nobody put it back until the block has ended, which writes the next one."""
        with self._turn:
            yield

    @contextmanager
    def becoming(self, renewed: Envelope) -> Iterator[None]:
        """Take another one for this history's, whatever becomes of the block, which renames it.

        The history has its data key by now. If the file of the next one is lost, this is the last.
        """
        with self._turn:
            self._envelope = renewed
            yield
