"""`soulchat reply`: messages in on stdin, one reply out on stdout, nothing kept."""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Iterator
from dataclasses import replace

from desktop_app.commands.interrupt import interrupt_calls
from desktop_app.commands.stdin import as_text, parse_request, read_text
from desktop_app.conversation.counsellor import Counsellor, Reply, checked
from desktop_app.conversation.opening import counsellor_for
from desktop_app.dialogue import Session
from desktop_app.engine.sampling import PAPER, Sampling
from desktop_app.errors import InputError
from desktop_app.paths import Paths


def run_reply(arguments: argparse.Namespace, paths: Paths) -> None:
    """Answer one request (`--json`) or one a line (`--jsonl`).

    Raises:
        KnownError: see `parse_request`, `find_model` and `Counsellor.answer`.
    """
    if arguments.session is not None:
        raise InputError("input.no_history_yet")
    requests = _lines() if arguments.jsonl else iter([parse_request(read_text())])
    # What is wrong with the first request is said before a model is looked for.
    first = next(requests, None)
    if first is None:
        return
    checked(first[1])
    with counsellor_for(arguments.model, paths, n_ctx=arguments.n_ctx) as counsellor:
        sampling = _sampling(arguments, counsellor.sampling)
        for session, message in itertools.chain([first], requests):
            _print(_answer(counsellor, session, message, sampling, arguments.max_tokens))


def _lines() -> Iterator[tuple[Session, str]]:
    for number, raw in enumerate(sys.stdin.buffer, start=1):
        text = as_text(raw)
        if text.strip():
            yield parse_request(text, line=number)


def _sampling(arguments: argparse.Namespace, own: Sampling) -> Sampling:
    sampling = PAPER if arguments.preset == "paper" else own
    sampling = sampling.greedy() if arguments.greedy else sampling
    return sampling if arguments.seed is None else replace(sampling, seed=arguments.seed)


def _answer(
    counsellor: Counsellor, session: Session, message: str, sampling: Sampling, max_tokens: int
) -> Reply:
    if session.system is None:
        session = replace(session, system=counsellor.system)
    counsellor.engine.start()  # while the model loads, Ctrl-C ends the program
    with interrupt_calls(counsellor.engine.cancel):
        *_, reply = counsellor.answer(session, message, sampling=sampling, max_tokens=max_tokens)
    assert isinstance(reply, Reply)
    return reply


def _print(reply: Reply) -> None:
    finished = reply.finished
    plain = {
        "reply": finished.text,
        "stop": finished.stop,
        "prompt_tokens": finished.prompt_tokens,
        "evaluated_tokens": finished.evaluated_tokens,
        "reply_tokens": finished.reply_tokens,
        "ttft_ms": round(finished.ttft_ms, 1),
        "tokens_per_s": round(finished.tokens_per_s, 1),
        "guard": None,
    }
    sys.stdout.buffer.write(json.dumps(plain, ensure_ascii=False).encode("utf-8") + b"\n")
    sys.stdout.buffer.flush()
