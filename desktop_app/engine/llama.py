"""One loaded model and its context: llama.cpp's C interface, as far as a reply needs it.

The high-level `llama_cpp.Llama` hides what this app must own: which tokens are in the KV cache,
when an evaluation may be broken off, and which text may become a control token.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import llama_cpp.llama_cpp as C  # noqa: N812 - the C interface, read as such

from desktop_app.errors import BugError, EngineError

BATCH: Final = 512
"""Tokens per llama_decode call and per physical batch; llama.cpp's own default."""
ABORTED: Final = 2
"""llama_decode's return value after the abort callback said so."""
NEVER: Final = C.ggml_abort_callback()
"""A null callback: nothing asks whether to abort."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tokenizer of a loaded model."""

    handle: Any

    def encode(self, text: str, *, special: bool) -> list[int]:
        """Return the token ids of `text`; `special` lets control tokens be read from it."""
        raw = text.encode("utf-8")
        size = len(raw) + 16  # no token is shorter than a byte; SPM may add a space
        buffer = (C.llama_token * size)()
        count = C.llama_tokenize(self.handle, raw, len(raw), buffer, size, False, special)
        if count < 0:
            raise BugError(f"llama_tokenize wanted {-count} places, had {size}")
        return list(buffer[:count])

    def piece(self, token: int) -> bytes:
        """Return the bytes a token stands for; empty for control tokens."""
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            count = C.llama_token_to_piece(self.handle, token, buffer, size, 0, False)
            if count >= 0:
                return buffer.raw[:count]
            size = -count

    def text(self, token: int) -> str:
        """Return how a control token is written in a chat template."""
        if token < 0:
            return ""
        return str(C.llama_vocab_get_text(self.handle, token).decode("utf-8", "replace"))

    def is_control(self, token: int) -> bool:
        """Tell whether a token is one of the template's marks."""
        return bool(C.llama_vocab_is_control(self.handle, token))

    def ends(self, token: int) -> bool:
        """Tell whether sampling `token` ends the reply.

        Every end-of-generation id does, and so does any other control token: a model that opens
        a turn inside its own reply has finished it.
        """
        return bool(C.llama_vocab_is_eog(self.handle, token)) or self.is_control(token)

    @property
    def bos(self) -> int:
        """The begin-of-text id, -1 when the vocabulary has none."""
        return int(C.llama_vocab_bos(self.handle))

    @property
    def eos(self) -> int:
        """The end-of-text id, -1 when the vocabulary has none."""
        return int(C.llama_vocab_eos(self.handle))

    @property
    def adds_bos(self) -> bool:
        """Tell whether every text of this model starts with `bos`."""
        return bool(C.llama_vocab_get_add_bos(self.handle))


def describe() -> dict[str, Any]:
    """Return llama.cpp's own account of itself: version, processor features, devices."""
    C.llama_backend_init()
    return {
        "llama_cpp_python": metadata.version("llama-cpp-python"),
        "features": C.llama_print_system_info().decode("ascii", "replace").strip(" |"),
        "gpu_offload": bool(C.llama_supports_gpu_offload()),
    }


class Llama:
    """A model in memory with one context of one sequence. Used by one thread."""

    def __init__(self, path: str, *, n_ctx: int | None, threads: int) -> None:
        """Load the file; `n_ctx` None takes what the model was trained for.

        Raises:
            EngineError: llama.cpp refuses the file, or memory does not suffice.
        """
        name = os.path.basename(path)  # noqa: PTH119 - the path came as a string over the pipe
        C.llama_backend_init()
        model_params = C.llama_model_default_params()
        model_params.n_gpu_layers = 0
        model_params.use_extra_bufts = not _has_amx()
        self.model = C.llama_model_load_from_file(os.fsencode(path), model_params)
        if not self.model:
            raise EngineError("engine.load_failed", file=name)
        trained = int(C.llama_model_n_ctx_train(self.model))
        context_params = C.llama_context_default_params()
        context_params.n_ctx = min(n_ctx or trained, trained)
        context_params.n_batch = context_params.n_ubatch = BATCH
        context_params.n_threads = context_params.n_threads_batch = threads
        self.context = C.llama_init_from_model(self.model, context_params)
        if not self.context:
            raise EngineError("engine.no_memory", file=name, n_ctx=context_params.n_ctx)
        self.memory = C.llama_get_memory(self.context)
        # llama.cpp rounds the cache up; what a person was promised is what was asked.
        self.n_ctx = int(context_params.n_ctx)
        self.vocabulary = Vocabulary(C.llama_model_get_vocab(self.model))

    def chat_template(self) -> str | None:
        """Return the chat template that travels inside the GGUF."""
        raw = C.llama_model_chat_template(self.model, None)
        return None if raw is None else raw.decode("utf-8", "replace")

    def decode(self, tokens: list[int]) -> int:
        """Evaluate up to BATCH tokens behind those in the cache; logits of the last are kept."""
        array = (C.llama_token * len(tokens))(*tokens)
        return int(C.llama_decode(self.context, C.llama_batch_get_one(array, len(tokens))))

    def keep(self, count: int) -> bool:
        """Drop every cached position from `count` on; False when this model cannot do that."""
        return bool(C.llama_memory_seq_rm(self.memory, 0, count, -1))

    def clear(self) -> None:
        """Empty the cache."""
        C.llama_memory_clear(self.memory, False)

    def cached(self) -> int:
        """Return how many positions the cache holds."""
        return int(C.llama_memory_seq_pos_max(self.memory, 0)) + 1

    def abort_when(self, asked: Callable[[], bool] | None) -> None:
        """Have every graph node ask `asked` whether to break off; None asks nobody.

        The callback takes the interpreter lock at every node: nothing to a long prompt or a large
        model, several per cent to a small model's single tokens. CPU only, by llama.h.
        """
        self._abort = NEVER if asked is None else C.ggml_abort_callback(lambda _: asked())
        C.llama_set_abort_callback(self.context, self._abort, None)


def _has_amx() -> bool:
    """Tell whether the processor has AMX tiles.

    llama.cpp's repacked weights use them and die of SIGSEGV where the kernel withholds them
    (llama.cpp #20824). Repacking helps every other processor, so only these go without.
    """
    try:
        return " amx_tile" in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
