"""One loaded model and its context: llama.cpp's C interface, as far as a reply needs it.

The high-level `llama_cpp.Llama` hides what this app must own: which tokens are in the KV cache,
when an evaluation may be broken off, and which text may become a control token.
"""

from __future__ import annotations

import ctypes
import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import llama_cpp.llama_cpp as C  # noqa: N812 - the C interface, read as such

from desktop_app.engine.backends import device_list, load_backends
from desktop_app.engine.causes import Cause, cause_in
from desktop_app.engine.placement import BATCH, ON_PROCESSOR, Placement, keeps_scores
from desktop_app.errors import BugError, EngineError

GGML_TYPES: Final = {"f16": C.GGML_TYPE_F16, "q8_0": C.GGML_TYPE_Q8_0}
ABORTED: Final = 2
"""llama_decode's return value after the abort callback said so."""
NEVER: Final = C.ggml_abort_callback()
"""A null callback: nothing asks whether to abort."""

WARNING_LEVEL, ERROR_LEVEL = 3, 4
"""GGML_LOG_LEVEL_WARN and _ERROR, ggml.h. llama-cpp-python's own logger takes 4 for debugging."""


_said: Final[deque[bytes]] = deque(maxlen=64)
"""The last of what llama.cpp found wrong."""


def _say_what_is_wrong(level: int, text: bytes, _data: int) -> None:
    """Write to stderr what causes.py looks for; not the hundred lines about a file that loads."""
    if level in {WARNING_LEVEL, ERROR_LEVEL}:
        _said.append(text)
        os.write(2, text)


_SAY: Final = C.llama_log_callback(_say_what_is_wrong)
"""Kept for as long as llama.cpp may call it."""
C.llama_log_set(_SAY, None)


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

    def end_texts(self) -> tuple[bytes, ...]:
        """Return how every end-of-generation token is written, as llama.cpp writes it.

        Goes through the whole vocabulary: for a large one a tenth of a second.
        """
        size = C.llama_vocab_n_tokens(self.handle)
        ids = [token for token in range(size) if C.llama_vocab_is_eog(self.handle, token)]
        return tuple(filter(None, map(self._written, ids)))

    def _written(self, token: int) -> bytes:
        """Return a token as text, marks and all."""
        size = 256
        buffer = ctypes.create_string_buffer(size)
        only = (C.llama_token * 1)(token)
        count = C.llama_detokenize(self.handle, only, 1, buffer, size, False, True)
        return buffer.raw[: max(0, count)]

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
    """Return llama.cpp's own account of itself: version, processor features."""
    C.llama_backend_init()
    return {
        "llama_cpp_python": metadata.version("llama-cpp-python"),
        "features": C.llama_print_system_info().decode("ascii", "replace").strip(" |"),
        "gpu_offload": bool(C.llama_supports_gpu_offload()),
    }


class Llama:
    """A model in memory with one context of one sequence. Used by one thread."""

    def __init__(
        self,
        path: str,
        *,
        n_ctx: int | None,
        threads: int,
        placement: Placement = ON_PROCESSOR,
        progress: Callable[[], None] = lambda: None,
    ) -> None:
        """Load the file; `n_ctx` None takes what the model was trained for.

        `progress` is called between its tensors.

        Raises:
            EngineError: llama.cpp refuses the file, or memory does not suffice.
        """
        _said.clear()
        self.path = path
        name = os.path.basename(path)  # noqa: PTH119 - the path came as a string over the pipe
        load_backends(graphics=placement.device is not None)
        C.llama_backend_init()
        model_params = C.llama_model_default_params()
        chosen = device_list(placement.device)
        if placement.device is not None and not chosen[0]:
            raise EngineError("engine.load_failed", file=name)  # llama.cpp would load it elsewhere
        model_params.devices = ctypes.cast(chosen, ctypes.c_void_p)
        model_params.split_mode = C.LLAMA_SPLIT_MODE_NONE
        model_params.main_gpu = 0 if placement.device else -1
        model_params.n_gpu_layers = placement.layers
        model_params.use_extra_bufts = not _has_amx()
        model_params.progress_callback = _reading_on(progress)
        self.model = C.llama_model_load_from_file(os.fsencode(path), model_params)
        if not self.model:
            raise _refused(path)
        trained = int(C.llama_model_n_ctx_train(self.model))
        context_params = C.llama_context_default_params()
        context_params.n_ctx = min(n_ctx or trained, trained)
        context_params.n_batch = context_params.n_ubatch = BATCH
        context_params.n_threads = context_params.n_threads_batch = threads
        context_params.type_k = context_params.type_v = GGML_TYPES[placement.cache]
        if keeps_scores(placement, C.llama_model_n_head(self.model), context_params.n_ctx):
            context_params.flash_attn_type = C.LLAMA_FLASH_ATTN_TYPE_DISABLED
        self.context = C.llama_init_from_model(self.model, context_params)
        if not self.context:
            raise EngineError("engine.no_memory", file=name, n_ctx=context_params.n_ctx)
        self.memory = C.llama_get_memory(self.context)
        # Read back: what is not set here is llama.cpp's own choice, which a build may change.
        fields = ("n_ctx", "n_batch", "n_ubatch", "type_k", "type_v", "flash_attn_type", "swa_full")
        self._settings = {name: getattr(context_params, name) for name in fields}
        self._settings |= {"n_gpu_layers": model_params.n_gpu_layers}
        # llama.cpp rounds the cache up; what a person was promised is what was asked.
        self.n_ctx = int(context_params.n_ctx)
        self.vocabulary = Vocabulary(C.llama_model_get_vocab(self.model))
        self.end_texts = self.vocabulary.end_texts()
        recurrent = C.llama_model_is_recurrent(self.model) or C.llama_model_is_hybrid(self.model)
        self.forgets_tokens = not recurrent
        """Whether `keep` can drop the last tokens and leave the rest."""

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

    def use_threads(self, threads: int) -> None:
        """Compute with so many threads from now on."""
        C.llama_set_n_threads(self.context, threads, threads)

    def cached(self) -> int:
        """Return how many positions the cache holds."""
        return int(C.llama_memory_seq_pos_max(self.memory, 0)) + 1

    def state(self, at_most: int) -> bytes:
        """Return what the cache holds as bytes; none where they would be more than `at_most`."""
        size = int(C.llama_state_seq_get_size(self.context, 0))
        if size > at_most:
            return b""
        buffer = (ctypes.c_uint8 * size)()
        written = int(C.llama_state_seq_get_data(self.context, buffer, size, 0))
        return bytes(memoryview(buffer)[:written])

    def take_state(self, state: memoryview) -> bool:
        """Have the cache hold what `state` did; False where llama.cpp does not take it."""
        buffer = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        return bool(C.llama_state_seq_set_data(self.context, buffer, len(state), 0))

    def settings(self) -> dict[str, Any]:
        """Return what decides how a cached token looks, and whose build evaluated it."""
        return self._settings | describe()

    def abort_when(self, asked: Callable[[], bool] | None) -> None:
        """Have every graph node ask `asked` whether to break off; None asks nobody.

        The callback takes the interpreter lock at every node: nothing to a long prompt or a large
        model, several per cent to a small model's single tokens. CPU only, by llama.h.
        """
        self._abort = NEVER if asked is None else C.ggml_abort_callback(lambda _: asked())
        C.llama_set_abort_callback(self.context, self._abort, None)


def _refused(path: str) -> EngineError:
    """Return why a file was not loaded: llama.cpp returns no more than that, but says it."""
    name = os.path.basename(path)  # noqa: PTH119 - a string, as it came
    if not os.path.exists(path):  # noqa: PTH110 - removed, moved, or on a stick that is gone
        return EngineError("engine.file_gone", file=name)
    cause = cause_in(b"".join(_said))
    if cause in {Cause.MEMORY, Cause.DEVICE_MEMORY, Cause.DRIVER}:
        return EngineError(cause.value, cause=name)
    return EngineError("engine.load_failed", file=name)


def _reading_on(progress: Callable[[], None]) -> Any:
    """Return what llama.cpp calls while it reads a file: it calls `progress`, and reads on."""

    def called(_part: float, _data: int) -> bool:
        progress()
        return True

    return C.llama_progress_callback(called)


def _has_amx() -> bool:
    """Tell whether the processor has AMX tiles.

    llama.cpp's repacked weights use them and die of SIGSEGV where the kernel withholds them
    (llama.cpp #20824). Repacking helps every other processor, so only these go without.
    """
    try:
        return " amx_tile" in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
