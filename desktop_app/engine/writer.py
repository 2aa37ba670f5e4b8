"""Write one reply: prompt into the cache, then token after token until it ends."""

from __future__ import annotations

import codecs
import time
from collections.abc import Callable, Iterator

from desktop_app.engine.context import CancelledError, KvContext, common_prefix
from desktop_app.engine.protocol import Finished, Piece, Request, Stop
from desktop_app.engine.sampler import sample, sampler_chain
from desktop_app.engine.transcript import Transcript


def write_reply(
    request: Request,
    *,
    transcript: Transcript,
    context: KvContext,
    cancelled: Callable[[], bool],
    arrived: float,
) -> Iterator[Piece | Finished]:
    """Yield the pieces of a reply, then `Finished`.

    Args:
        request: what to answer and how.
        transcript: the model's template and tokenizer.
        context: the model's KV cache.
        cancelled: asked between tokens, and inside their evaluation while that takes long.
        arrived: `time.perf_counter()` when the request came in.
    """
    prompt = transcript.tokens(request.turns)
    shared = common_prefix(context.tokens, prompt)
    try:
        evaluated = context.read(prompt, cancelled)
    except CancelledError:
        evaluated = max(0, len(context.tokens) - shared)
        yield Finished("", "cancelled", len(prompt), evaluated, 0, 0.0, 0.0)
        return

    vocabulary = context.llama.vocabulary
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    pieces: list[str] = []
    ids: list[int] = []
    first = last = arrived
    stop: Stop = "length"
    with sampler_chain(context.llama, request.sampling, prompt) as chain:
        while True:
            if cancelled():
                stop = "cancelled"
                break
            token = sample(chain, context.llama)
            sampled = time.perf_counter()
            first = first if ids else sampled
            if vocabulary.ends(token):
                stop = "end"
                break
            last = sampled
            ids.append(token)
            # A character of several bytes may come in several tokens; the decoder holds it back.
            piece = decoder.decode(vocabulary.piece(token))
            if piece:
                pieces.append(piece)
                yield Piece(piece)
            if context.full or len(ids) == request.max_tokens:
                break
            try:
                context.extend(token, cancelled)
            except CancelledError:
                stop = "cancelled"
                break
    text = "".join(pieces)
    if text and not decoder.getstate()[0]:
        transcript.remember(text, tuple(ids))
    seconds = last - first
    yield Finished(
        text=text,
        stop=stop,
        prompt_tokens=len(prompt),
        evaluated_tokens=evaluated,
        reply_tokens=len(ids),
        ttft_ms=1000 * (first - arrived),
        tokens_per_s=(len(ids) - 1) / seconds if len(ids) > 1 and seconds > 0 else 0.0,
    )
