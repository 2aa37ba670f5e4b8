"""The engine's promises, kept by a real child process on a tiny real model."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.engine.causes import DiedError
from desktop_app.engine.child import Child
from desktop_app.engine.last_words import KEPT_BYTES, LastWords
from desktop_app.engine.load_markers import LoadMarkers
from desktop_app.engine.process import ChildEngine, Settings
from desktop_app.engine.protocol import Finished, Piece, Request
from desktop_app.engine.sampling import GREEDY, Sampling
from desktop_app.errors import EngineError
from tests.support.broken_pipe import BrokenOnWindows
from tests.support.engine_tiny import write_tiny_model
from tests.support.processes import SHOWN_TO_ROOT

HELLO = (Turn(Role.USER, "您"),)
MARKER = "紫色犀牛-marker-7391"


def request(turns: tuple[Turn, ...] = HELLO, *, most: int = 100) -> Request:
    return Request(turns, GREEDY, most)


def finished(events: Iterator[Piece | Finished]) -> Finished:
    *_, last = events
    assert isinstance(last, Finished)
    return last


def test_a_reply_comes_in_pieces_and_ends_by_itself(engine: ChildEngine) -> None:
    *pieces, last = engine.reply(request())

    assert [piece.text for piece in pieces] == ["你"]
    assert isinstance(last, Finished)
    assert (last.text, last.stop, last.reply_tokens) == ("你", "end", 3)


def test_a_piece_is_never_half_a_character(endless: ChildEngine) -> None:
    *pieces, last = endless.reply(request(most=9))

    assert "".join(piece.text for piece in pieces) == "你你你"
    assert last.stop == "length"


def test_a_reply_cut_inside_a_character_ends_before_it(endless: ChildEngine) -> None:
    last = finished(endless.reply(request(most=5)))

    assert (last.text, last.reply_tokens) == ("你", 5)


def test_a_reply_ends_at_the_edge_of_the_context(endless_model: Path, tmp_path: Path) -> None:
    with ChildEngine(Settings(endless_model, tmp_path, n_ctx=64, threads=1)) as engine:
        last = finished(engine.reply(request(most=1000)))

    assert last.stop == "length"
    assert last.prompt_tokens + last.reply_tokens == 65  # the last one is never evaluated


def test_a_file_that_went_away_is_not_called_damaged(tmp_path: Path) -> None:
    """Removed under a running app, or on a stick; put back, the next message is answered."""
    model = write_tiny_model(tmp_path / "model", says="你")
    with ChildEngine(Settings(model, tmp_path, threads=1)) as engine:
        finished(engine.reply(request()))
        away = model.rename(model.with_suffix(".away"))
        engine.close()
        with pytest.raises(EngineError) as caught:
            finished(engine.reply(request()))
        assert (caught.value.key, caught.value.values) == ("engine.file_gone", {"file": model.name})
        away.rename(model)
        assert finished(engine.reply(request())).text == "你"


def test_the_same_seed_gives_the_same_reply(tmp_path: Path) -> None:
    model = write_tiny_model(tmp_path)
    sampling = Sampling(temperature=1.0, seed=4)
    with ChildEngine(Settings(model, tmp_path, threads=1)) as engine:
        first, second = (finished(engine.reply(Request(HELLO, sampling, 30))) for _ in range(2))

    assert first.text == second.text


def test_the_full_sampler_chain_draws(tmp_path: Path) -> None:
    model = write_tiny_model(tmp_path)
    sampling = Sampling(min_p=0.01, repeat_penalty=1.1, dry_multiplier=0.8, seed=1)
    with ChildEngine(Settings(model, tmp_path, threads=1)) as engine:
        assert finished(engine.reply(Request(HELLO, sampling, 30))).reply_tokens == 30


def test_a_turn_evaluates_its_message_and_its_marks_and_no_more(engine: ChildEngine) -> None:
    turns = HELLO
    for text in ("我今天很累", "睡不着", "想了很多事情"):
        reply = finished(engine.reply(request(turns)))
        before = engine.count(turns)
        turns = (*turns, Turn(Role.ASSISTANT, reply.text), Turn(Role.USER, text))
        message, answer = len(text.encode()), len(reply.text.encode())  # a byte is a token here
        around = engine.count(turns) - before - message - answer

        evaluated = finished(engine.reply(request(turns, most=1))).evaluated_tokens

        assert evaluated <= message + around + 2


def test_cancel_during_the_reply_ends_it(endless: ChildEngine) -> None:
    events = endless.reply(request(most=4000))
    assert next(events) == Piece("你")
    endless.cancel()

    last = finished(events)
    assert last.stop == "cancelled"
    assert last.reply_tokens < 4000
    assert last.text == "你" * len(last.text)


def test_cancel_before_the_reply_ends_it_without_a_token(engine: ChildEngine) -> None:
    engine.start()
    child = engine._child
    assert child is not None
    number = 10
    reply = {"op": "reply", "id": number, "turns": [["user", "您" * 900]]}
    child.send({"op": "cancel", "id": number})
    child.send(reply | {"sampling": {"temperature": 0.0}, "max_tokens": 100})

    event = child.next_event()

    assert event is not None
    assert event["finished"]["stop"] == "cancelled"
    assert event["finished"]["reply_tokens"] == 0


def test_cancel_with_nothing_to_cancel_does_nothing(engine: ChildEngine) -> None:
    engine.cancel()
    assert finished(engine.reply(request())).text == "你"
    engine.cancel()

    assert finished(engine.reply(request())).text == "你"


def test_cancelling_does_not_wait_for_a_stopped_child_whose_pipe_is_full(
    endless: ChildEngine,
) -> None:
    events = endless.reply(request(most=4000))
    next(events)
    child = endless._child
    assert child is not None
    os.kill(child.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOWAIT)  # until then it still reads
    fill(child)

    cancelling = threading.Thread(target=endless.cancel, daemon=True)
    cancelling.start()
    cancelling.join(5)
    waits = cancelling.is_alive()
    endless.kill()  # which ends a write to its pipe, too

    assert not waits
    with pytest.raises(DiedError):
        list(events)


def fill(child: Child) -> None:
    """Write to a child that does not read, until its pipe holds no byte more."""
    assert child._process.stdin is not None
    handle = child._process.stdin.fileno()
    os.set_blocking(handle, False)
    for size in (4096, 1):  # of a page that is not full, more than is free there is refused
        with suppress(BlockingIOError):
            while True:
                os.write(handle, b"\n" * size)
    os.set_blocking(handle, True)


def test_leaving_a_reply_early_leaves_the_engine_ready(endless: ChildEngine) -> None:
    events = endless.reply(request(most=4000))
    next(events)
    events.close()  # type: ignore[attr-defined]  # a generator, promised as an iterator

    assert finished(endless.reply(request(most=3))).text == "你"


@pytest.mark.parametrize("wanted", [True, False])
def test_a_reply_that_nobody_wants_any_more_is_not_begun(engine: ChildEngine, wanted: bool) -> None:
    last = finished(engine.reply(request(), lambda: wanted))

    assert (last.text, last.stop) == (("你", "end") if wanted else ("", "cancelled"))
    assert finished(engine.reply(request())).text == "你"


def test_a_pipe_as_windows_breaks_it_played_by_an_object_is_a_dead_childs(
    engine: ChildEngine,
) -> None:
    engine.start()
    child = engine._child
    assert child is not None
    stdin = child._process.stdin
    assert stdin is not None
    child._process.stdin = BrokenOnWindows(stdin)

    child.send({"op": "describe", "id": 1})
    child.stop()

    assert not child.alive


class ClosedAtTheLastMoment(LoadMarkers):
    """Closes the engine, as another thread may, when the model has just been loaded."""

    engine: ChildEngine

    @contextmanager
    def around_load(self, model: Path) -> Iterator[None]:
        with super().around_load(model):
            yield
        self.engine.close()


def test_an_engine_closed_while_it_starts_has_started_and_starts_anew(
    endless_model: Path, tmp_path: Path
) -> None:
    markers = ClosedAtTheLastMoment(tmp_path / "markers")
    with ChildEngine(Settings(endless_model, tmp_path, threads=1, markers=markers)) as engine:
        markers.engine = engine

        first, second = engine.start(), engine.start()

    assert first.pid != second.pid


def test_a_closed_engine_starts_anew(engine: ChildEngine) -> None:
    first = engine.start().pid
    engine.close()

    assert engine.start().pid != first
    assert finished(engine.reply(request())).text == "你"


def test_a_model_without_a_template_is_one_sentence(tmp_path: Path) -> None:
    model = write_tiny_model(tmp_path, template=None)
    with (
        ChildEngine(Settings(model, tmp_path, threads=1)) as engine,
        pytest.raises(EngineError, match="模板"),
    ):
        engine.start()


def test_a_file_llama_cpp_refuses_is_one_sentence(tmp_path: Path) -> None:
    model = tmp_path / "x.gguf"
    model.write_bytes(b"GGUF" + bytes(1000))
    with (
        ChildEngine(Settings(model, tmp_path, threads=1)) as engine,
        pytest.raises(EngineError, match=r"x\.gguf"),
    ):
        engine.start()


def test_a_path_with_chinese_and_spaces_loads(tmp_path: Path) -> None:
    model = write_tiny_model(tmp_path / "我的 模型　一", says="你")
    with ChildEngine(Settings(model, tmp_path, threads=1)) as engine:
        assert finished(engine.reply(request())).text == "你"


@SHOWN_TO_ROOT
def test_what_a_library_prints_goes_to_one_pipe_apart_from_ours(engine: ChildEngine) -> None:
    handles = Path(f"/proc/{engine.start().pid}/fd")
    links = [str(handle.readlink()) for handle in handles.iterdir()]
    printed = {str((handles / number).readlink()) for number in ("1", "2")}

    assert printed <= {link for link in links if link.startswith("pipe:")}
    assert len(printed) == 1
    assert links.count(*printed) == 2


def test_a_child_that_prints_without_end_is_read_and_its_end_kept() -> None:
    reading, writing = os.pipe()
    heard = LastWords(os.fdopen(reading, "rb"))
    with os.fdopen(writing, "wb") as printed:
        printed.write(b"x" * 10 * KEPT_BYTES + b"the end")

    assert heard.heard(20) == b"x" * (KEPT_BYTES - 7) + b"the end"


@SHOWN_TO_ROOT
def test_nothing_outside_the_pipe_shows_what_is_said(
    endless: ChildEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOULCHAT_PASSPHRASE", MARKER)
    monkeypatch.setenv("UNRELATED", MARKER)
    events = endless.reply(request((Turn(Role.USER, MARKER),), most=4000))
    next(events)
    process = Path(f"/proc/{endless.start().pid}")

    seen = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
    handles = [str(handle.readlink()) for handle in (process / "fd").iterdir()]

    assert MARKER.encode() not in seen
    assert not [handle for handle in handles if handle.startswith("socket:")]
    assert (process / "cwd").resolve() == tmp_path
    assert list(tmp_path.iterdir()) == []
    endless.cancel()
    assert finished(events).stop == "cancelled"
