"""Why a child ended: what its status and its last words say, as a cause that has a sentence.

The signs are pieces of what llama.cpp, ggml, its GPU drivers and the C++ library print before they
give up (llama.cpp of llama-cpp-python 0.3.36: src/llama-model.cpp, src/llama-context.cpp,
ggml/src/ggml.c, gguf.cpp, ggml-alloc.c, ggml-cuda/, ggml-vulkan/, ggml-metal/).
"""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from enum import Enum
from typing import Final

from desktop_app.errors import EngineError


class Cause(Enum):
    """Why the model stopped. The value is the key of the sentence that says what to do."""

    MEMORY = "engine.died_memory"
    DEVICE_MEMORY = "engine.died_device_memory"
    DRIVER = "engine.died_driver"
    MODEL = "engine.died_model"
    ASSERTION = "engine.died_assertion"
    INSTRUCTION = "engine.died_instruction"
    KILLED = "engine.died_killed"
    """By somebody else; where nobody did it by hand, the system did it for want of memory."""
    HUNG = "engine.hung"
    """It gave no sign of life, and was ended by us."""
    UNKNOWN = "engine.died"


@dataclass(frozen=True, slots=True)
class Death:
    """How a child ended."""

    cause: Cause
    how: str
    """In the system's own words: a signal or a status."""
    crashed: bool
    """Nobody wanted it to end, or it hung."""


class DiedError(EngineError):
    """The child died under a call."""

    def __init__(self, death: Death) -> None:
        super().__init__(death.cause.value, cause=death.how)
        self.crashed = death.crashed


@dataclass(frozen=True, slots=True)
class Sign:
    """What stands in the last words, and what it means."""

    cause: Cause
    pattern: re.Pattern[bytes]


def _sign(cause: Cause, *alternatives: bytes) -> Sign:
    return Sign(cause, re.compile(b"|".join(alternatives), re.MULTILINE))


SIGNS: Final = (
    _sign(
        Cause.DEVICE_MEMORY,
        rb"(cuda|hip)Malloc\w* failed",
        rb"(CUDA|ROCm|MUSA) error: out of memory",
        rb"OutOfDeviceMemory|OUT_OF_DEVICE_MEMORY",
        rb"Device memory allocation of size \d+ failed",
        rb"CUBLAS_STATUS_ALLOC_FAILED",
        rb"ggml_metal\w*: error: failed to allocate buffer",
        rb"kIOGPUCommandBufferCallbackErrorOutOfMemory",
        rb"(failed|unable) to allocate (CUDA|ROCm|Vulkan|Metal|MTL)\S* buffer",
    ),
    _sign(
        Cause.MEMORY,
        rb"std::bad_alloc",
        rb"(failed|unable) to allocate",
        rb"Cannot allocate memory|OutOfHostMemory|OUT_OF_HOST_MEMORY",
        rb"^MemoryError",
    ),
    _sign(
        Cause.DRIVER,
        rb"(CUDA|ROCm|MUSA|CUBLAS|cuBLAS) error",
        rb"ggml_vulkan: (device lost|device fault|error|vk::|Compute pipeline)",
        rb"ErrorDeviceLost|ERROR_DEVICE_LOST|ErrorInitializationFailed|ErrorIncompatibleDriver",
        rb"ggml_metal\w*: error",
        rb"command buffer \d+ failed with status",
    ),
    _sign(
        Cause.MODEL,
        rb"error loading model",
        rb"^gguf_\w+: ",
        rb"error loading (vocabulary|hyperparameters)",
        rb"(invalid|corrupted) model",
    ),
    # file:line of ggml_abort, which GGML_ASSERT and GGML_ABORT end in
    _sign(Cause.ASSERTION, rb"GGML_ASSERT|GGML_ABORT", rb"^\S+\.(c|cc|cpp|cu|h|hpp|m):\d+: "),
)
"""In the order in which they count: an assertion that fails for want of memory is that."""

STATUSES: Final = {
    -getattr(signal, "SIGILL", 4): Cause.INSTRUCTION,
    0xC000001D: Cause.INSTRUCTION,  # STATUS_ILLEGAL_INSTRUCTION
    0xC0000017: Cause.MEMORY,  # STATUS_NO_MEMORY
}
"""What a status says by itself: a signal as subprocess counts it, or one of Windows' NTSTATUS."""

ASKED_TO_END: Final = {
    *(-getattr(signal, name, number) for name, number in (("SIGHUP", 1), ("SIGINT", 2))),
    -signal.SIGTERM,
    0xC000013A,  # STATUS_CONTROL_C_EXIT
    0x40010004,  # DBG_TERMINATE_PROCESS
}
"""By what somebody else asks a process to end: a logout asks all that a person has running."""


def cause_in(last_words: bytes) -> Cause:
    """Return what the last words say, UNKNOWN where they say nothing."""
    for sign in SIGNS:
        if sign.pattern.search(last_words):
            return sign.cause
    return Cause.UNKNOWN


def classify(status: int, last_words: bytes) -> Cause:
    """Return why a process ended that we did not end.

    Args:
        status: as `subprocess.Popen.returncode` gives it, a signal as its negative number.
        last_words: the end of what it wrote to stderr.
    """
    if status in STATUSES:
        return STATUSES[status]
    said = cause_in(last_words) if status else Cause.UNKNOWN
    if said is Cause.UNKNOWN and status == -getattr(signal, "SIGKILL", 9):
        return Cause.KILLED
    return said


def in_words(status: int) -> str:
    """Return how a process ended, in the system's own words."""
    return signal.Signals(-status).name if status < 0 else f"status {status}"
