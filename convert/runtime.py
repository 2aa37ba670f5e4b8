"""llama.cpp itself, as the judge of a written file; the only importer of llama_cpp here.

Its functions run in a child process (`child.in_child`) and never print.
"""

from __future__ import annotations

import ctypes
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np

from convert.errors import VerificationError
from convert.sources import Float32
from resources.errors import BugError
from resources.ggml_modules import Ggml

_FLASH_ATTENTION_OFF: Final = 0
_CACHE_IN_FLOAT32: Final = 0


@cache
def _loaded() -> tuple[ModuleType, object]:
    """Return llama_cpp, which only a process that judges a file loads, and what hears its log."""
    import llama_cpp  # noqa: PLC0415 - 8 MB that the process which waits need not hold

    @llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
    def quiet(_level: int, _text: bytes, _data: int) -> None:
        """Swallow the library's log: a model's name or path may say more than we should."""

    llama_cpp.llama_log_set(quiet, ctypes.c_void_p(0))
    package, library = Path(llama_cpp.__file__).parent, llama_cpp.llama_cpp._lib  # noqa: SLF001 - as in the app
    Ggml(package, library).load_processor()
    llama_cpp.llama_backend_init()
    return llama_cpp, quiet


@contextmanager
def _model(path: Path, *, vocab_only: bool) -> Iterator[Any]:
    llama_cpp, _ = _loaded()
    parameters = llama_cpp.llama_model_default_params()
    parameters.vocab_only = vocab_only
    parameters.check_tensors = not vocab_only
    parameters.n_gpu_layers = 0
    # Repacked weights gain nothing here, and AMX crashes where the kernel withholds its tiles
    # (llama.cpp #20824).
    parameters.use_extra_bufts = False
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)
    if not model:
        raise VerificationError("not_loadable", path=path)
    try:
        yield model
    finally:
        llama_cpp.llama_model_free(model)


def tokenise(path: Path, texts: Sequence[str]) -> tuple[list[list[int]], list[int]]:
    """Return llama.cpp's token ids of each text, and every id at which it ends a reply.

    Special tokens in a text are recognised, none is added.

    Raises:
        VerificationError: llama.cpp cannot load the vocabulary.
    """
    llama_cpp, _ = _loaded()
    with _model(path, vocab_only=True) as model:
        vocabulary = llama_cpp.llama_model_get_vocab(model)
        ends = [
            id_
            for id_ in range(llama_cpp.llama_vocab_n_tokens(vocabulary))
            if llama_cpp.llama_vocab_is_eog(vocabulary, id_)
        ]
        return [_tokens(vocabulary, text.encode()) for text in texts], ends


def _tokens(vocabulary: Any, text: bytes) -> list[int]:
    llama_cpp, _ = _loaded()
    room = 3 * len(text) + 16  # at worst each byte is a token, and a space is written as three
    ids = (llama_cpp.llama_token * room)()
    count = llama_cpp.llama_tokenize(vocabulary, text, len(text), ids, room, False, True)
    if count < 0:
        raise BugError("more tokens than bytes")
    return list(ids[:count])


def logits(path: Path, prompts: Sequence[Sequence[int]], threads: int) -> list[Float32]:
    """Return the logits of every position of every prompt, each (tokens, vocabulary).

    Keys and values are cached in float32 and attention is unfused, so that what differs from
    the reference comes from the weights.

    Raises:
        VerificationError: llama.cpp cannot load or evaluate the file.
    """
    llama_cpp, _ = _loaded()
    with (
        _model(path, vocab_only=False) as model,
        _context(path, model, max(map(len, prompts)), threads) as context,
    ):
        width = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
        evaluated = []
        for prompt in prompts:
            llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)
            evaluated.append(_evaluate(path, context, prompt, 0, width))
        return evaluated


def greedy_reply(
    path: Path, prompt: Sequence[int], most: int, threads: int, ends: Collection[int]
) -> tuple[int, bool]:
    """Return how many tokens the likeliest reply has, and whether it ended within `most`.

    `ends`: what ends a reply beside what the file has room to say.

    Raises:
        VerificationError: llama.cpp cannot load or evaluate the file.
    """
    llama_cpp, _ = _loaded()
    with (
        _model(path, vocab_only=False) as model,
        _context(path, model, len(prompt) + most, threads) as context,
    ):
        vocabulary = llama_cpp.llama_model_get_vocab(model)
        width = llama_cpp.llama_vocab_n_tokens(vocabulary)
        tokens, place = list(prompt), 0
        for count in range(most):
            logits = _evaluate(path, context, tokens, place, width)
            place += len(tokens)
            tokens = [int(logits[-1].argmax())]
            if tokens[0] in ends or llama_cpp.llama_vocab_is_eog(vocabulary, tokens[0]):
                return count, True
        return most, False


@contextmanager
def _context(path: Path, model: Any, length: int, threads: int) -> Iterator[Any]:
    llama_cpp, _ = _loaded()
    parameters = llama_cpp.llama_context_default_params()
    parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = length
    parameters.n_threads = parameters.n_threads_batch = threads
    parameters.type_k = parameters.type_v = _CACHE_IN_FLOAT32
    parameters.flash_attn_type = _FLASH_ATTENTION_OFF
    context = llama_cpp.llama_init_from_model(model, parameters)
    if not context:
        raise VerificationError("not_loadable", path=path)
    try:
        yield context
    finally:
        llama_cpp.llama_free(context)


def _evaluate(path: Path, context: Any, prompt: Sequence[int], place: int, width: int) -> Float32:
    llama_cpp, _ = _loaded()
    batch = llama_cpp.llama_batch_init(len(prompt), 0, 1)
    try:
        batch.n_tokens = len(prompt)
        for i, id_ in enumerate(prompt):
            batch.token[i], batch.pos[i] = id_, place + i
            batch.n_seq_id[i], batch.seq_id[i][0] = 1, 0
            batch.logits[i] = True
        if llama_cpp.llama_decode(context, batch) != 0:
            raise VerificationError("not_loadable", path=path)
        values = llama_cpp.llama_get_logits(context)
        return np.ctypeslib.as_array(values, shape=(len(prompt), width)).copy()
    finally:
        llama_cpp.llama_batch_free(batch)
