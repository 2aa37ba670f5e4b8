"""The operating system's keyring, through one named backend per system.

`keyring.get_keyring()` is never asked: it takes whatever is installed or configured, plaintext
files of keyrings.alt included (jaraco/keyring#196). What can happen is four errors, because
each has another way on: absent, locked, unavailable, changed.
"""

from __future__ import annotations

import base64
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from desktop_app.vault.errors import (
    KeyringAbsentError,
    KeyringChangedError,
    KeyringError,
    KeyringLockedError,
    KeyringUnavailableError,
)
from desktop_app.vault.sealing import KEY_BYTES, new_key

SERVICE: Final = "soulchat"


def system_backend() -> KeyringBackend:
    """Return this system's keyring, found or not; KWallet 5.97 and later is a Secret Service."""
    if sys.platform == "win32":
        from keyring.backends.Windows import WinVaultKeyring  # noqa: PLC0415 - Windows alone

        backend = WinVaultKeyring()
        backend.persist = "local machine"  # the default roams with the profile
        return backend
    if sys.platform == "darwin":
        from keyring.backends.macOS import Keyring  # noqa: PLC0415 - macOS alone
    else:
        from keyring.backends.SecretService import Keyring  # noqa: PLC0415 - Linux alone
    return Keyring()  # type: ignore[no-untyped-call]


class Keychain:
    """Keeps one 32-byte key for each vault, under the vault's id."""

    def __init__(self, backend: KeyringBackend | None = None) -> None:
        """Take a backend of a known class, by default this system's."""
        self._backend = backend or system_backend()

    @property
    def name(self) -> str:
        """Which keyring this is, as `vault.json` remembers it."""
        return type(self._backend).__module__.rpartition(".")[2]

    @property
    def reachable(self) -> bool:
        """Tell whether the keyring answers; asks it for nothing, so that it asks nobody either."""
        return bool(type(self._backend).viable)

    def entry(self, vault: str) -> str:
        """Return under which name a person finds the key of `vault` in it; "" stands for any."""
        return f"{SERVICE} {vault}".strip()

    def check_is(self, name: str) -> None:
        """Refuse to search this keyring for what another one keeps.

        Raises:
            KeyringChangedError: `name` is another keyring's, such as another desktop's.
        """
        if name != self.name:
            raise KeyringChangedError("vault.keyring_changed", keyring=name)

    def probe(self) -> None:
        """Write a random value, read it back, compare, delete it.

        Raises:
            KeyringLockedError: a person has to unlock the keyring and did not.
            KeyringUnavailableError: there is none, or it does not give back what it got.
        """
        account = f"probe-{secrets.token_hex(8)}"
        self.store(account, new_key())
        self.delete(account)

    def store(self, vault: str, key: bytes) -> None:
        """Keep `key` for `vault` and read it back.

        Raises:
            KeyringLockedError, KeyringUnavailableError: it is not kept.
        """
        if len(key) != KEY_BYTES:
            raise ValueError("the key must be 32 bytes")
        text = base64.b64encode(key).decode("ascii")  # 44 characters: Windows takes 1,280
        with self._translated():
            self._backend.set_password(SERVICE, vault, text)
            if self._backend.get_password(SERVICE, vault) != text:
                raise KeyringUnavailableError("vault.keyring_unavailable", keyring=self.name)

    def read(self, vault: str) -> bytes:
        """Return the key kept for `vault`.

        Raises:
            KeyringAbsentError: the keyring works and holds none.
            KeyringChangedError: what it holds is no key of ours.
            KeyringLockedError, KeyringUnavailableError: it cannot be asked.
        """
        with self._translated():
            text = self._backend.get_password(SERVICE, vault)
        if text is None:
            raise KeyringAbsentError("vault.keyring_absent", keyring=self.name)
        try:
            key = base64.b64decode(text, validate=True)
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise KeyringChangedError("vault.keyring_changed", keyring=self.name)
        return key

    def delete(self, vault: str) -> None:
        """Forget the key of `vault`.

        Raises:
            KeyringLockedError, KeyringUnavailableError: it may still be there.
        """
        with self._translated():
            self._backend.delete_password(SERVICE, vault)

    def forget(self, vault: str, unless: Callable[[], bool] = lambda: False) -> None:
        """Delete the key of `vault`, if there is one; `unless` is asked when a person has answered.

        Raises:
            KeyringLockedError, KeyringUnavailableError: it may still be there.
        """
        with suppress(KeyringChangedError):  # what is there is no key of ours; away with it
            try:
                self.read(vault)
            except KeyringAbsentError:
                return
        if not unless():
            self.delete(vault)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except KeyringError:
            raise
        except KeyringLocked as error:
            raise KeyringLockedError("vault.keyring_locked", keyring=self.name) from error
        except Exception as error:  # D-Bus, Win32 and macOS each raise their own kinds
            raise KeyringUnavailableError("vault.keyring_unavailable", keyring=self.name) from error
