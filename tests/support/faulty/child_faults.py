"""Faults on llama.cpp's own stack: from the callbacks it makes between tensors and graph nodes."""

from __future__ import annotations

import ctypes
import mmap
import os
import resource
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as C  # noqa: N812

MOST_OF_A_HEADER = 20
"""Tokens. What stands before a message is read ahead of it, which is not what is to be struck."""
STRUCK_AT, STRUCK_AFTER_S = 90, 0.25
"""Single tokens into a reply, which are 30 Chinese characters, and the time they took at least: the
guard holds back some of them, and the child what a screen would not have shown yet (pacing.py)."""


class Faulty:
    """Stands between the child and the three functions of llama.cpp that a fault needs."""

    def __init__(self, order: Path) -> None:
        self._order = order
        self._where, self._what = order.read_text(encoding="ascii").split()
        self._load, self._decode = C.llama_model_load_from_file, C.llama_decode
        self._asked = C.llama_set_abort_callback
        self._singles = 0
        self._began = 0.0
        self._read: list[int] = []
        self._kept: list[object] = []  # llama.cpp holds no reference to what it calls

    def prepare(self) -> None:
        C.llama_model_load_from_file = self._struck_load
        C.llama_decode = self._struck_decode
        C.llama_set_abort_callback = self._struck_asking

    def _struck_load(self, path: bytes, params: Any) -> Any:
        if self._where == "memory":
            self._order.unlink()
            used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
            limit = used * mmap.PAGESIZE + int(self._what)
            resource.setrlimit(resource.RLIMIT_AS, (limit, -1))
        elif self._where == "load":
            params.progress_callback = C.llama_progress_callback(lambda *_: self._strike() is None)
        return self._load(path, params)

    def _struck_decode(self, context: Any, batch: Any) -> int:
        self._count(batch.n_tokens)
        self._read[:] = [batch.token[place] for place in range(batch.n_tokens)]
        prefill = self._where == "prefill" and batch.n_tokens > MOST_OF_A_HEADER
        if prefill or (self._where == "decode" and self._replied()):
            callback = C.ggml_abort_callback(lambda *_: self._strike() is not None)
            self._kept.append(callback)
            self._asked(context, callback, None)
        return int(self._decode(context, batch))

    def _count(self, tokens: int) -> None:
        """Count the single tokens behind what was read: some are also decoded to measure speed."""
        if tokens > MOST_OF_A_HEADER:
            self._singles = 0
        elif tokens == 1:
            self._singles += 1
            if self._singles == 1:
                self._began = time.monotonic()

    def _replied(self) -> bool:
        return self._singles >= STRUCK_AT and time.monotonic() - self._began >= STRUCK_AFTER_S

    def _struck_asking(self, context: Any, callback: Any, data: Any) -> None:
        if self._where == "slow" and callback:
            seconds = float(self._what)
            slow = C.ggml_abort_callback(lambda data: time.sleep(seconds) or callback(data))
            self._kept.append(slow)
            self._asked(context, slow, data)
        else:
            self._asked(context, callback, data)

    def _strike(self) -> None:
        if not self._order.exists():  # it was stopped, and goes on
            return
        self._order.unlink()
        strikes: dict[str, Callable[[], object]] = {
            "abort": ctypes.CDLL(None).abort,
            "assert": asserts,
            "shout": self._shout,
            "exit": lambda: ctypes.CDLL(None)._exit(3),
            "stop": lambda: os.kill(os.getpid(), signal.SIGSTOP),
            "stuck": lambda: threading.Event().wait(),  # this thread alone; the others live on
            "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
            "bad_alloc": bad_alloc,
            "illegal": illegal,
        }
        strikes[self._what]()

    def _shout(self) -> None:
        os.write(2, bytes(token for token in self._read if token < 256))  # a token is a byte here
        asserts()


def asserts() -> None:
    """What GGML_ASSERT does when it fails."""
    ctypes.CDLL("libggml-base.so.0").ggml_abort(b"ggml.c", 1, b"GGML_ASSERT(%s) failed", b"false")


def bad_alloc() -> None:
    """What C++'s `new` does when there is no memory."""
    new = ctypes.CDLL("libstdc++.so.6")["_Znwm"]
    new.argtypes = (ctypes.c_size_t,)
    new(2**62)


def illegal() -> None:
    """An instruction no processor has: ud2, or udf."""
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(b"\x0f\x0b" if os.uname().machine == "x86_64" else bytes(4))
    ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()
