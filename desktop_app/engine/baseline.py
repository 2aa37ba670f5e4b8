"""The parent's side of raw.py: bare llama.cpp on request, one measurement at a time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from desktop_app.engine import wire
from desktop_app.engine.child import child_environment
from desktop_app.engine.process import Settings
from desktop_app.engine.protocol import Loaded
from desktop_app.errors import EngineError


@dataclass(frozen=True, slots=True)
class Baseline:
    """A running bare llama.cpp."""

    process: subprocess.Popen[bytes]

    def measure(self, prompt: int, reply: int) -> tuple[float, float]:
        """Return tokens per second of reading `prompt` and of writing `reply` tokens.

        Raises:
            EngineError: the process died.
        """
        self.send({"prompt": prompt, "reply": reply})
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise EngineError("engine.died", cause=self.process.wait())
        answer = wire.decode(line)
        return answer["prefill_tokens_per_s"], answer["tokens_per_s"]

    def send(self, message: wire.Message) -> None:
        """Write one line; a dead process shows when its answer is read."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.write(wire.encode(message))
            self.process.stdin.flush()


@contextmanager
def bare_llama(settings: Settings, loaded: Loaded) -> Iterator[Baseline]:
    """Start bare llama.cpp with the sizes an engine has loaded with."""
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "desktop_app.engine.raw"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=settings.workdir,
        env=child_environment(os.environ),
    ) as process:
        baseline = Baseline(process)
        path = str(settings.model.absolute())
        baseline.send({"path": path, "n_ctx": loaded.n_ctx, "threads": loaded.threads})
        yield baseline
