"""A snapshot is what has been read of a conversation, all of that and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.engine.beginnings import now
from desktop_app.engine.context import KvContext
from desktop_app.engine.llama import Llama
from desktop_app.engine.snapshot import LEAST_TOKENS, identity, restore, take_snapshot
from desktop_app.engine.template import ChatTemplate
from desktop_app.engine.transcript import Transcript
from tests.support.engine_tiny import CHATML, DATED
from tests.support.vault_disk import forms

SAID = (Turn(Role.USER, "最近总是睡不着，一直在想事情"), Turn(Role.ASSISTANT, "你"))
DAY = datetime(2026, 3, 1, 23, 59).astimezone()
DRAFT = "这一句还没有发送出去"
NAME = "the same"
ALL = 10**9


class Model:
    """One model in this process."""

    def __init__(
        self,
        path: Path,
        n_ctx: int = 1024,
        template: str = CHATML,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self.llama = Llama(str(path), n_ctx=n_ctx, threads=1)
        self.context = KvContext(self.llama)
        self.transcript = Transcript(
            ChatTemplate(template, bos="", eos=""), self.llama.vocabulary, clock
        )

    def read(self, *turns: Turn) -> int:
        return self.context.read_ahead(self.transcript.beginning(turns), lambda: False)

    def taken(self, *, at_most: int = ALL) -> bytes:
        return take_snapshot(
            SAID,
            transcript=self.transcript,
            context=self.context,
            identity=NAME,
            at_most=at_most,
        )

    def restored(self, content: bytes, name: str = NAME) -> int:
        return restore(content, transcript=self.transcript, context=self.context, identity=name)


@pytest.fixture
def model(tiny_model: Path) -> Model:
    return Model(tiny_model)


def test_what_was_read_is_not_read_again(model: Model, tiny_model: Path) -> None:
    model.read(*SAID, Turn(Role.USER, ""))
    another = Model(tiny_model)

    assert another.restored(model.taken()) == len(model.context.tokens)
    assert another.context.tokens == model.context.tokens
    assert another.read(*SAID, Turn(Role.USER, "好")) == len("好".encode())


def test_the_ids_a_reply_was_sampled_as_come_along(model: Model, tiny_model: Path) -> None:
    model.transcript.remember("你", (1, 2, 3))
    model.read(*SAID, Turn(Role.USER, ""))
    another = Model(tiny_model)

    another.restored(model.taken())

    assert another.transcript.spoken(SAID) == {"你": (1, 2, 3)}


def test_what_was_kept_of_a_conversation_that_prints_its_day_holds_on_the_next(
    tiny_model: Path,
) -> None:
    one = Model(tiny_model, template=DATED, clock=lambda: DAY)
    one.read(*SAID, Turn(Role.USER, ""))
    next_day = Model(tiny_model, template=DATED, clock=lambda: DAY + timedelta(days=1))
    next_day.transcript.tokens(SAID)  # counted before it is restored

    assert next_day.restored(one.taken()) == len(one.context.tokens)
    assert next_day.read(*SAID, Turn(Role.USER, "好")) == len("好".encode())


def test_a_draft_leaves_no_byte_in_it(model: Model) -> None:
    model.read(*SAID, Turn(Role.USER, ""))
    without = model.taken()
    assert model.read(*SAID, Turn(Role.USER, DRAFT)) == len(DRAFT.encode())

    assert model.taken() == without


def test_nothing_of_another_conversation_is_in_it(model: Model) -> None:
    model.read(Turn(Role.USER, DRAFT * 5), Turn(Role.ASSISTANT, "你"), Turn(Role.USER, ""))

    assert model.taken() == b""


def test_so_little_that_it_is_read_at_once_is_not_worth_a_file(model: Model) -> None:
    short = (Turn(Role.USER, "在"),)
    model.read(*short)

    assert len(model.context.tokens) < LEAST_TOKENS
    taken = take_snapshot(
        short, transcript=model.transcript, context=model.context, identity=NAME, at_most=ALL
    )
    assert taken == b""


def test_more_than_there_is_room_for_is_not_taken(model: Model) -> None:
    model.read(*SAID, Turn(Role.USER, ""))
    whole = model.taken()

    assert model.taken(at_most=len(whole) - 1) == b""
    assert model.taken(at_most=len(whole)) == whole


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content[:-1],
        lambda content: content[:200],
        lambda content: content[:0],
        lambda content: b"{}\n" + content,
        lambda content: content.replace(b'"tokens":', b'"tokens":1'),
        lambda content: b"[1, 2]\n" + content,
    ],
    ids=["cut", "cut short", "empty", "no head", "another count", "a list"],
)
def test_what_is_not_whole_is_refused_and_the_cache_is_empty(model: Model, change: object) -> None:
    model.read(*SAID, Turn(Role.USER, ""))
    content = model.taken()

    assert model.restored(change(content)) == 0  # type: ignore[operator]
    assert model.context.tokens == []
    assert model.llama.cached() == 0
    assert model.read(*SAID) > 0


def test_another_identity_is_refused(model: Model) -> None:
    model.read(*SAID, Turn(Role.USER, ""))

    assert model.restored(model.taken(), "another") == 0


def test_the_identity_is_that_of_model_settings_template_and_build(
    tiny_model: Path, endless_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def name(path: Path = tiny_model, sha256: str | None = "a", **changed: object) -> str:
        llama = Model(path, n_ctx=int(str(changed.pop("n_ctx", 1024)))).llama
        return identity(llama, str(changed.pop("template", CHATML)), sha256=sha256)

    names = [
        name(),
        name(sha256="b"),
        name(sha256=None),
        name(endless_model, None),
        name(n_ctx=512),
        name(template="another"),
    ]
    same = name()
    monkeypatch.setattr(
        "desktop_app.engine.llama.describe", lambda: {"llama_cpp_python": "another"}
    )

    assert names[0] == same
    assert len({*names, name()}) == len(names) + 1


def test_what_a_snapshot_says_of_itself_is_ids_and_replies(model: Model) -> None:
    model.read(*SAID, Turn(Role.USER, ""))
    line, _, rest = model.taken().partition(b"\n")

    assert json.loads(line).keys() == {"identity", "tokens", "spoken", "began"}
    assert all(form not in line + rest for form in forms(SAID[0].content).values())
