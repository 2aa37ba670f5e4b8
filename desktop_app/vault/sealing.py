"""Sealing one key with another, and making a key of a passphrase.

ChaCha20-Poly1305 (RFC 8439) with a random 12-byte nonce before the ciphertext; Argon2id
(RFC 9106) over the passphrase in NFKC, so that it does not matter which input method wrote it.
"""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
SEALED_BYTES: Final = NONCE_BYTES + KEY_BYTES + TAG_BYTES
SALT_BYTES: Final = 16


def new_key() -> bytes:
    """Return 32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def seal(key: bytes, kek: bytes, context: str) -> bytes:
    """Return `key` sealed with `kek` for one use named by `context`: 60 bytes."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + ChaCha20Poly1305(kek).encrypt(nonce, key, context.encode())


def unseal(sealed: bytes, kek: bytes, context: str) -> bytes | None:
    """Return the key inside `sealed`; None when `kek` or `context` is not that of its sealing."""
    nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    try:
        return ChaCha20Poly1305(kek).decrypt(nonce, ciphertext, context.encode())
    except InvalidTag:
        return None


MOST_MEMORY_KIB: Final = 4 * 1024 * 1024
MOST_PASSES: Final = 64
MOST_LANES: Final = 64


@dataclass(frozen=True, slots=True)
class Argon2:
    """Argon2id with its parameters, stored beside what it protects so that they can grow.

    The defaults are RFC 9106's second recommended option, and the floor: nothing weaker was
    ever written. The bounds keep an edited file from taking all memory.
    """

    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 4
    salt: bytes = field(default_factory=lambda: secrets.token_bytes(SALT_BYTES))

    def __post_init__(self) -> None:
        bounds = (
            (self.memory_kib, 64 * 1024, MOST_MEMORY_KIB),
            (self.passes, 3, MOST_PASSES),
            (self.lanes, 4, MOST_LANES),
            (len(self.salt), SALT_BYTES, SALT_BYTES),
        )
        if not all(least <= value <= most for value, least, most in bounds):
            raise ValueError("Argon2id parameters out of bounds")

    def key(self, passphrase: str) -> bytes:
        """Return the 32-byte key of `passphrase`; takes about 0.15 s and `memory_kib`."""
        # A passphrase from the environment may hold bytes that were no UTF-8: surrogates here.
        normal = unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogatepass")
        argon2 = Argon2id(
            salt=self.salt,
            length=KEY_BYTES,
            iterations=self.passes,
            lanes=self.lanes,
            memory_cost=self.memory_kib,
        )
        return argon2.derive(normal)
