"""`soulchat reply`: messages in on stdin, one reply out on stdout.

Without `--session` nothing is kept, and no history is opened. With it the history of that session
counts, and of each request the last message alone.

With `--jsonl` a line that the engine failed at is `{"error": KEY}`, so that the lines that come out
stay in step with those that went in; the others are answered all the same.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from desktop_app.commands.answering import answer, take
from desktop_app.commands.environment import Secrets
from desktop_app.commands.interrupt import interrupt_calls
from desktop_app.commands.output import print_json, tell
from desktop_app.commands.stdin import as_text, parse_request, read_text
from desktop_app.conversation.counsellor import Counsellor
from desktop_app.conversation.message import checked
from desktop_app.conversation.open_session import OpenSession, begun, kept
from desktop_app.conversation.opening import counsellor_for
from desktop_app.conversation.reply import Reply
from desktop_app.conversation.snapshots import Snapshots
from desktop_app.conversation.watch import watch
from desktop_app.dialogue import Session
from desktop_app.engine.load_markers import LoadMarkers
from desktop_app.engine.sampling import PAPER, Sampling
from desktop_app.errors import EngineError
from desktop_app.paths import Paths

if TYPE_CHECKING:
    from desktop_app.vault.sessions import Sessions
    from desktop_app.vault.vault import Vault

OF_ONE_REQUEST: Final = ("engine.died", "engine.hung", "engine.template_refused")
"""How the keys of those errors begin after which another request may well be answered."""


def run_reply(
    arguments: argparse.Namespace,
    paths: Paths,
    secrets: Secrets,
    snapshot_mb: int,
    *,
    wished: bool,
) -> None:
    """Answer one request (`--json`) or one a line (`--jsonl`); for `snapshot_mb` see `Snapshots`.

    `wished` says that the model was named on the command line.

    Raises:
        KnownError: see `parse_request`, `find_model`, `Counsellor.answer` and, with a session,
            `unlocked_or_made`, `take` and `answer`. What one request of many failed at is told
            when it comes; that some did is the error at the end.
    """
    requests = _lines() if arguments.jsonl else iter([parse_request(read_text())])
    # What is wrong with the first request is said before a model is looked for.
    first = next(requests, None)
    if first is None:
        return
    checked(first[1])
    with ExitStack() as held:
        counsellor = held.enter_context(
            counsellor_for(
                arguments.model,
                paths,
                markers=LoadMarkers(paths.load_markers),
                wished=wished,
                n_ctx=arguments.n_ctx,
            )
        )
        answering = Answering(
            counsellor, _sampling(arguments, counsellor.sampling), arguments.max_tokens
        )
        opened = None
        if arguments.session is not None:
            vault = held.enter_context(_opened(paths.vault, secrets))
            opened = _session(vault.sessions, arguments.session)
            snapshots = Snapshots(vault.blobs, snapshot_mb)
            held.enter_context(counsellor.continuity.kept_in(snapshots))
        unanswered = 0
        for session, message in itertools.chain([first], requests):
            try:
                reply = answering.to(session if opened is None else opened, message)
            except EngineError as error:
                if not (arguments.jsonl and error.key.startswith(OF_ONE_REQUEST)):
                    raise
                unanswered += 1
                tell(error)
                print_json({"error": error.key})
            else:
                _print(reply)
        if unanswered:
            raise EngineError("engine.unanswered", count=unanswered)


@dataclass(frozen=True, slots=True)
class Answering:
    """Who answers, and how."""

    counsellor: Counsellor
    sampling: Sampling
    max_tokens: int

    def to(self, session: Session | OpenSession, message: str) -> Reply:
        """Answer after what the request holds, or in a session of the history."""
        if isinstance(session, OpenSession):
            return self.kept(session, message)
        return self.alone(session, message)

    def alone(self, session: Session, message: str) -> Reply:
        """Answer what the request holds; nothing is kept."""
        counsellor = self.counsellor
        if watch(session, message).reply is None:
            counsellor.engine.start()  # while the model loads, Ctrl-C ends the program
        with interrupt_calls(counsellor.engine.cancel):
            *_, reply = counsellor.answer(
                session, message, sampling=self.sampling, max_tokens=self.max_tokens
            )
        assert isinstance(reply, Reply)
        return reply

    def kept(self, opened: OpenSession, message: str) -> Reply:
        """Answer in a session of the history."""
        take(self.counsellor, opened, message, max_tokens=self.max_tokens)
        return answer(
            self.counsellor,
            opened,
            lambda _: None,
            sampling=self.sampling,
            max_tokens=self.max_tokens,
        )


def _opened(folder: Path, secrets: Secrets) -> Vault:
    from desktop_app.commands.unlock import unlocked_or_made  # noqa: PLC0415 - ciphers, if needed

    return unlocked_or_made(folder, secrets)


def _session(sessions: Sessions, session: str) -> OpenSession:
    """Return a session of the history, a new one where there is none of that id."""
    from desktop_app.vault.errors import SessionMissingError  # noqa: PLC0415 - as above

    try:
        return kept(sessions, session)[0]
    except SessionMissingError:
        return begun(sessions, session)  # the first message tells one that lies in the trash


def _lines() -> Iterator[tuple[Session, str]]:
    for number, raw in enumerate(sys.stdin.buffer, start=1):
        text = as_text(raw)
        if text.strip():
            yield parse_request(text, line=number)


def _sampling(arguments: argparse.Namespace, own: Sampling) -> Sampling:
    sampling = PAPER if arguments.preset == "paper" else own
    sampling = sampling.greedy() if arguments.greedy else sampling
    return sampling if arguments.seed is None else replace(sampling, seed=arguments.seed)


def _print(reply: Reply) -> None:
    finished = reply.finished
    print_json(
        {
            "reply": finished.text,
            "stop": finished.stop,
            "prompt_tokens": finished.prompt_tokens,
            "evaluated_tokens": finished.evaluated_tokens,
            "reply_tokens": finished.reply_tokens,
            "ttft_ms": round(finished.ttft_ms, 1),
            "tokens_per_s": round(finished.tokens_per_s, 1),
            "guard": reply.guard.plain(),
        }
    )
