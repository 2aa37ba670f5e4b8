"""A key out of a passphrase: two at once, and a system that has no memory for one."""

from __future__ import annotations

import subprocess
import sys

import pytest

from desktop_app.vault.errors import VaultError
from desktop_app.vault.sealing import Argon2

PATIENCE_SECONDS = 60
TWO_AT_ONCE = """
import threading
from desktop_app.vault.sealing import Argon2

argon2, barrier, keys = Argon2(), threading.Barrier(2), []

def derive() -> None:
    barrier.wait()
    keys.append(argon2.key("words"))

threads = [threading.Thread(target=derive) for _ in range(2)]
for each in threads:
    each.start()
for each in threads:
    each.join()
assert len(keys) == 2 and len(set(keys)) == 1
"""
"""In a process of its own, which can be ended: a thread that never returns cannot."""


def test_two_threads_may_ask_at_once() -> None:
    subprocess.run([sys.executable, "-c", TWO_AT_ONCE], check=True, timeout=PATIENCE_SECONDS)


def test_too_little_memory_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cryptography.hazmat.primitives.kdf.argon2.Argon2id", NoMemory)

    with pytest.raises(VaultError, match=r"内存不够.*64 MB.*关掉"):
        Argon2().key("words")


class NoMemory:
    """In the place of Argon2id: a class in Rust, whose method takes no other's place."""

    def __init__(self, **_given: object) -> None:
        """Take what is given."""

    def derive(self, _passphrase: bytes) -> bytes:
        raise MemoryError
