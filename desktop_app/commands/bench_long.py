"""A conversation of three hundred turns, many times what its context holds.

What is measured is tokens, so the model is as small as one can be: random weights, made for it and
removed afterwards, with the tokenizer of the model that ships.
"""

from __future__ import annotations

from pathlib import Path
from statistics import mean
from typing import Any, Final

from desktop_app.commands.bench_model import Shape, write_random_model
from desktop_app.conversation.counsellor import Counsellor
from desktop_app.conversation.reply import Reply
from desktop_app.dialogue import Session, Turn
from desktop_app.engine.process import ChildEngine, Settings
from desktop_app.engine.sampling import GREEDY
from desktop_app.models.library import SHIPPED, shipped_folder

TURNS: Final = 300
N_CTX: Final = 4096
EARLY: Final = range(10, 21)
LAST: Final = 100
REPLY_TOKENS: Final = 12
SMALL: Final = Shape(hidden=64, ffn=128, heads=2, kv_heads=1, layers=2, vocabulary=8200)

Facts = dict[str, Any]


def measure_long(
    folder: Path, messages: tuple[Turn, ...], turns: int = TURNS, n_ctx: int = N_CTX
) -> Facts:
    """Return the tokens evaluated a turn, early and late, and those read while nobody waits.

    Args:
        folder: does not exist yet.
        messages: user turns, said in turn.
        turns: so many; the last `LAST` of them, or a third, are late.
        n_ctx: tokens of context.

    Raises:
        KnownError: the child died, or the disk is full.
    """
    folder.mkdir()
    model = folder / "random.gguf"
    write_random_model(model, SMALL, shipped_folder() / f"{SHIPPED}.gguf")
    evaluated: dict[int, int] = {}
    behind, steps, session = [], 0, Session()
    try:
        with ChildEngine(Settings(model, folder, n_ctx=n_ctx)) as engine:
            counsellor = Counsellor(engine, system=None, sampling=GREEDY)
            for turn in range(turns):
                message = f"{turn}。{messages[turn % len(messages)].content}"
                *_, reply = counsellor.answer(session, message, max_tokens=REPLY_TOKENS)
                assert isinstance(reply, Reply)
                if reply.finished.prompt_tokens:  # else the guard answered, and nothing was read
                    evaluated[turn] = reply.finished.evaluated_tokens
                shorter = counsellor.make_room(reply.session, "", lambda: True)
                steps += shorter.unseen > reply.session.unseen
                session = shorter
                behind.append(counsellor.read_ahead(session, "", lambda: True))
    finally:
        model.unlink()
    late_turns = range(turns - min(LAST, turns // 3), turns)
    early, late = (
        mean(tokens for turn, tokens in evaluated.items() if turn in among)
        for among in (EARLY, late_turns)
    )
    return {
        "turns": turns,
        "n_ctx": n_ctx,
        "early_evaluated_tokens": round(early, 1),
        "late_evaluated_tokens": round(late, 1),
        "ratio": round(late / early, 3),
        "times_room_was_made": steps,
        "read_behind_tokens": round(mean(behind), 1),
        "most_read_behind_tokens": max(behind),
    }
