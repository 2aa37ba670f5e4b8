"""The secrets a script hands over in the environment, taken out of it before anything starts.

Python and the C library forget a variable that is removed, but its bytes stay where the kernel
put them, and `/proc/PID/environ` shows them to every program of the same person. They are
overwritten there; in whatever set the variable they stand as long as that does.
"""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Final

PASSPHRASE: Final = "SOULCHAT_PASSPHRASE"  # noqa: S105 - a variable's name
NEW_PASSPHRASE: Final = "SOULCHAT_NEW_PASSPHRASE"  # noqa: S105 - same
RECOVERY_CODE: Final = "SOULCHAT_RECOVERY_CODE"


@dataclass(frozen=True, slots=True)
class Secrets:
    """What opens the history; None where a variable was not set."""

    passphrase: str | None = field(default=None, repr=False)
    new_passphrase: str | None = field(default=None, repr=False)
    recovery_code: str | None = field(default=None, repr=False)

    @classmethod
    def taken_from(cls, environment: MutableMapping[str, str]) -> Secrets:
        """Remove the variables from `environment`, so that no child inherits them."""
        return cls(
            passphrase=_taken(environment, PASSPHRASE),
            new_passphrase=_taken(environment, NEW_PASSPHRASE),
            recovery_code=_taken(environment, RECOVERY_CODE),
        )


def _taken(environment: MutableMapping[str, str], name: str) -> str | None:
    if environment is os.environ and name in environment and sys.platform == "linux":
        _overwrite(name)
    return environment.pop(name, None)


def _overwrite(name: str) -> None:
    """Fill a variable's place in this process's environment with zeros."""
    import ctypes  # noqa: PLC0415 - the start without a secret need not load it

    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_void_p
    place = libc.getenv(os.fsencode(name))
    if place is not None:
        ctypes.memset(place, 0, len(ctypes.string_at(place)))
