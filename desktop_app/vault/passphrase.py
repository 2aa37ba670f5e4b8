"""What is asked of a new passphrase, in the window and on the terminal. Loads no library."""

from __future__ import annotations

from typing import Final

from desktop_app.vault.errors import VaultError

LEAST_CHARACTERS: Final = 8
"""The least of NIST SP 800-63B; Argon2id makes each guess dear. No rule of composition."""


def checked(passphrase: str) -> str:
    """Return a new passphrase that may be set.

    Raises:
        VaultError: it is empty or too short.
    """
    if not passphrase:
        raise VaultError("vault.passphrase_empty")
    if len(passphrase) < LEAST_CHARACTERS:
        raise VaultError("vault.passphrase_short", least=LEAST_CHARACTERS)
    return passphrase
