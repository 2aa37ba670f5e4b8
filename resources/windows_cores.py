"""Windows' account of its cores: which logical processors share one, and which kinds there are.

Asked by GetLogicalProcessorInformationEx (sysinfoapi.h); the records are those of winnt.h for 64
bits. Never run by us on Windows yet.
"""

from __future__ import annotations

import ctypes
import struct
import sys
from dataclasses import dataclass
from typing import Any, Final

RELATION_PROCESSOR_CORE: Final = 0
MASKS_AT: Final = 32
"""Bytes into a record: Relationship, Size, then PROCESSOR_RELATIONSHIP up to its GroupMask."""
OF_A_GROUP: Final = 64
"""Logical processors in a group, at most."""


@dataclass(frozen=True, slots=True)
class Core:
    """A physical core."""

    logical: tuple[int, ...]
    """The logical processors that share it."""
    efficiency: int
    """Its kind: the fastest has the highest number, and all are 0 where they are alike."""


def windows_cores() -> list[Core]:
    """Return all cores; none elsewhere than on Windows, or where it does not say."""
    if sys.platform == "win32":
        return cores_in(asked(ctypes.WinDLL("kernel32")))
    return []


def asked(kernel32: Any) -> bytes:
    """Return the records of all cores; nothing where Windows refuses."""
    ask, size = kernel32.GetLogicalProcessorInformationEx, ctypes.c_uint32(0)
    ask(RELATION_PROCESSOR_CORE, None, ctypes.byref(size))  # says how long they are
    buffer = ctypes.create_string_buffer(size.value)
    given = ask(RELATION_PROCESSOR_CORE, buffer, ctypes.byref(size))
    return buffer.raw[: size.value] if given else b""


def cores_in(content: bytes) -> list[Core]:
    """Return the cores of SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX records, as far as they go."""
    cores, at = [], 0
    while at + MASKS_AT <= len(content):
        relation, size = struct.unpack_from("<II", content, at)
        efficiency, groups = struct.unpack_from("<xB20xH", content, at + 8)
        if not MASKS_AT + 16 * groups <= size <= len(content) - at:
            break
        if relation == RELATION_PROCESSOR_CORE:
            masks = struct.iter_unpack("<QH6x", content[at + MASKS_AT :][: 16 * groups])
            logical = tuple(
                OF_A_GROUP * group + bit
                for mask, group in masks
                for bit in range(OF_A_GROUP)
                if mask >> bit & 1
            )
            cores.append(Core(logical, efficiency))
        at += size
    return cores
