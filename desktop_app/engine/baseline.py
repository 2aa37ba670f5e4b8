"""The parent's side of raw.py: bare llama.cpp on request, one measurement at a time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass

from desktop_app.engine import wire
from desktop_app.engine.child import child_environment
from desktop_app.engine.process import Settings
from desktop_app.engine.protocol import Loaded
from desktop_app.errors import EngineError


@dataclass(frozen=True, slots=True)
class Baseline:
    """A running bare llama.cpp."""

    process: subprocess.Popen[bytes]
    load_ms: float
    """From starting the process to the loaded model, as `Loaded.load_ms` counts."""

    def measure(self, prompt: int, reply: int) -> tuple[float, float]:
        """Return tokens per second of reading `prompt` and of writing `reply` tokens.

        Raises:
            EngineError: the process died.
        """
        answer = _ask(self.process, {"prompt": prompt, "reply": reply})
        return answer["prefill_tokens_per_s"], answer["tokens_per_s"]


@contextmanager
def bare_llama(settings: Settings, loaded: Loaded) -> Iterator[Baseline]:
    """Start bare llama.cpp with the sizes an engine has loaded with, where that computes.

    Raises:
        EngineError: the process died.
    """
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "desktop_app.engine.raw"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=settings.workdir,
        env=child_environment(os.environ),
    ) as process:
        asked = {
            "path": str(settings.model.absolute()),
            "n_ctx": loaded.n_ctx,
            "threads": loaded.threads,
            "placement": asdict(loaded.placement),
        }
        _ask(process, asked)
        yield Baseline(process, 1000 * (time.perf_counter() - began))


def _ask(process: subprocess.Popen[bytes], message: wire.Message) -> wire.Message:
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError):  # a dead process shows when its answer is read
        process.stdin.write(wire.encode(message))
        process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        raise EngineError("engine.died", cause=process.wait())
    return wire.decode(line)
