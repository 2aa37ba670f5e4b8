"""Sealing one key with another, and making a key of a passphrase.

ChaCha20-Poly1305 (RFC 8439) with a random 12-byte nonce before the ciphertext; Argon2id
(RFC 9106) over the passphrase in NFKC, so that it does not matter which input method wrote it.

The cipher's library is imported where a key is used: a start that only asks for the passphrase
does not wait for it.
"""

from __future__ import annotations

import secrets
import threading
import unicodedata
from dataclasses import dataclass, field
from typing import Final

from desktop_app.vault.errors import VaultError

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
SEALED_BYTES: Final = NONCE_BYTES + KEY_BYTES + TAG_BYTES
SALT_BYTES: Final = 16
KIB_IN_A_MEGABYTE: Final = 1024


def new_key() -> bytes:
    """Return 32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def seal(key: bytes, kek: bytes, context: str) -> bytes:
    """Return `key` sealed with `kek` for one use named by `context`: 60 bytes."""
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305  # noqa: PLC0415

    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + ChaCha20Poly1305(kek).encrypt(nonce, key, context.encode())


def unseal(sealed: bytes, kek: bytes, context: str) -> bytes | None:
    """Return the key inside `sealed`; None when `kek` or `context` is not that of its sealing."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305  # noqa: PLC0415

    nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    if len(nonce) < NONCE_BYTES:
        return None
    try:
        return ChaCha20Poly1305(kek).decrypt(nonce, ciphertext, context.encode())
    except InvalidTag:
        return None


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess costs with Argon2id."""

    memory_kib: int
    passes: int
    lanes: int

    def within(self, most: Cost) -> bool:
        """Tell whether nothing here is more than there."""
        return (
            self.memory_kib <= most.memory_kib
            and self.passes <= most.passes
            and self.lanes <= most.lanes
        )


LEAST: Final = Cost(64 * 1024, 3, 4)
"""RFC 9106's second recommended option; nothing cheaper was ever written."""
FLOOR: Final = LEAST
"""What a slot is sealed with, and raised to when it opens. Grows with the years' machines."""
MOST: Final = Cost(4 * 1024 * 1024, 64, 64)
"""Keeps an edited file from taking all memory."""
ONE_AT_A_TIME: Final = threading.Lock()
"""OpenSSL's threads are one number for the whole process: of two derivations at once neither ever
returned (cryptography 50, measured)."""


@dataclass(frozen=True, slots=True)
class Argon2:
    """Argon2id with its parameters, stored beside what it protects so that they can grow."""

    cost: Cost = field(default_factory=lambda: FLOOR)
    salt: bytes = field(default_factory=lambda: secrets.token_bytes(SALT_BYTES))

    def __post_init__(self) -> None:
        if not (LEAST.within(self.cost) and self.cost.within(MOST)):
            raise ValueError("Argon2id parameters out of bounds")
        if len(self.salt) != SALT_BYTES:
            raise ValueError("Argon2id salt out of bounds")

    @property
    def below_floor(self) -> bool:
        """Whether this was sealed when less was asked for."""
        return not FLOOR.within(self.cost)

    def key(self, passphrase: str) -> bytes:
        """Return the 32-byte key of `passphrase`; takes about 0.15 s and the cost's memory.

        Raises:
            VaultError: the system does not give that much memory.
        """
        from cryptography.hazmat.primitives.kdf.argon2 import Argon2id  # noqa: PLC0415 - see above

        # A passphrase from the environment may hold bytes that were no UTF-8: surrogates here.
        normal = unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogatepass")
        argon2 = Argon2id(
            salt=self.salt,
            length=KEY_BYTES,
            iterations=self.cost.passes,
            lanes=self.cost.lanes,
            memory_cost=self.cost.memory_kib,
        )
        try:
            with ONE_AT_A_TIME:
                return argon2.derive(normal)
        except MemoryError as error:
            raise VaultError(
                "vault.no_memory", megabytes=self.cost.memory_kib // KIB_IN_A_MEGABYTE
            ) from error
