"""A KV snapshot: what a conversation has cost to read, as bytes from which it is read back.

    one line of JSON    {"identity", "tokens", "spoken": [[reply, [id, …]], …], "began": [name, s]}
    token ids           little-endian int32, "tokens" of them
    the rest            llama.cpp's state of the sequence (llama_state_seq_get_data)

The parent seals the whole; here it is only ever in memory. Under another identity nothing of it
means anything, so it is refused before llama.cpp sees it.
"""

from __future__ import annotations

import array
import hashlib
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Final

from desktop_app.dialogue import Role, Turn
from desktop_app.engine.beginnings import name_of
from desktop_app.engine.context import KvContext, common_prefix
from desktop_app.engine.llama import Llama
from desktop_app.engine.transcript import Transcript

LEAST_TOKENS: Final = 32
"""Fewer are read sooner than a file is opened."""
FORMAT: Final = 2


def identity(llama: Llama, template: str, *, sha256: str | None) -> str:
    """Return what must be the same where a snapshot is taken and where it is restored.

    Model, template, load settings, llama.cpp's build and what it uses of the processor. A model
    whose hash is not known is told by its file.
    """
    file = Path(llama.path)
    model = [file.stat().st_size, sha256 or [file.name, file.stat().st_mtime_ns]]
    parts = [FORMAT, model, hashlib.sha256(template.encode()).hexdigest(), llama.settings()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def take_snapshot(
    turns: tuple[Turn, ...],
    *,
    transcript: Transcript,
    context: KvContext,
    identity: str,
    at_most: int,
) -> bytes:
    """Return what the cache holds of a conversation; nothing where that is not worth a file.

    The cache is cut to the conversation first: what a person has written and not sent, or said in
    another one, is not in it.

    Args:
        turns: the conversation as far as it has been answered.
        transcript: the model's template and tokenizer.
        context: the model's KV cache.
        identity: see `identity`.
        at_most: bytes; nothing is returned where it would be more.
    """
    settled = transcript.beginning((*turns, Turn(Role.USER, "")))
    context.keep(common_prefix(context.tokens, settled))
    if len(context.tokens) < LEAST_TOKENS:
        return b""
    state = context.llama.state(at_most)
    if not state:
        return b""
    head = {
        "identity": identity,
        "tokens": len(context.tokens),
        "spoken": list(transcript.spoken(turns).items()),
        "began": [name_of(turns), transcript.beginnings.of(turns).timestamp()],
    }
    line = json.dumps(head, separators=(",", ":")).encode("ascii") + b"\n"
    content = line + _packed(context.tokens) + state
    return content if len(content) <= at_most else b""


def restore(content: bytes, *, transcript: Transcript, context: KvContext, identity: str) -> int:
    """Have the cache hold what a snapshot holds; return its tokens, 0 where it is refused.

    Refused is what was taken under another identity, or is not whole; the cache is then empty.
    """
    context.keep(0)
    try:
        end = content.index(b"\n")
        head = json.loads(content[:end])
        rest = memoryview(content)[end + 1 :]  # no copy: it may be as large as the cache
        count = int(head["tokens"])
        if head["identity"] != identity:
            return 0
        ids = array.array("i")
        ids.frombytes(rest[: 4 * count])
        if sys.byteorder == "big":
            ids.byteswap()
        spoken = [(str(reply), tuple(map(int, tokens))) for reply, tokens in head["spoken"]]
        name, seconds = head["began"]
        began = datetime.fromtimestamp(seconds).astimezone()
    except (ValueError, TypeError, LookupError, OverflowError):
        return 0
    if len(ids) != count or not context.hold(ids.tolist(), rest[4 * count :]):
        return 0
    for reply, tokens in spoken:
        transcript.remember(reply, tokens)
    transcript.beginnings.note(str(name), began)
    return count


def _packed(tokens: list[int]) -> bytes:
    ids = array.array("i", tokens)
    if sys.byteorder == "big":
        ids.byteswap()
    return ids.tobytes()
