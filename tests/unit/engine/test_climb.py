"""A model's way down the ladder: with a real child, and with a card where the name says how."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from desktop_app.engine import asleep
from desktop_app.engine.causes import Cause, Death, DiedError
from desktop_app.engine.climb import Climb
from desktop_app.engine.devices import Device
from desktop_app.engine.memory_estimate import need
from desktop_app.engine.placement import Placement, Why
from desktop_app.engine.process import ChildEngine, Settings
from desktop_app.engine.protocol import Request
from desktop_app.engine.sampling import GREEDY
from desktop_app.errors import BugError, EngineError
from resources.messages import LANGUAGES
from tests.support.engine_limited import laptop_for
from tests.support.engine_machine import GIB, card, processor, shape_in
from tests.support.engine_tiny import Shape, write_tiny_model
from tests.support.faults import SOON_S, impatient, order, with_faults
from tests.unit.engine.test_process import HELLO

DIED = DiedError(Death(Cause.UNKNOWN, "SIGSEGV", crashed=True))
NEVER_STARTED = EngineError("engine.cannot_start")
NO_MODULE = EngineError("engine.no_module")
FILE_GONE = EngineError("engine.file_gone", file="")
SHORT = EngineError(Cause.DEVICE_MEMORY.value, cause="")
CLOSED = DiedError(Death(Cause.UNKNOWN, "closed", crashed=False))
STRUCK = """
import os, signal, sys
from dataclasses import asdict
from pathlib import Path
from desktop_app.engine.climb import Climb
from tests.support.engine_limited import laptop_for
from tests.support.engine_machine import GIB, card, processor
laptop = laptop_for(*map(Path, sys.argv[1:]))
devices = [asdict(each) for each in (processor(), card(8 * GIB))]
Climb(
    laptop, 2048, listed=lambda: devices, check=lambda _: os.kill(os.getpid(), signal.SIGKILL)
)
"""
REFUSED = EngineError("engine.no_memory", file="", n_ctx=0)


def engine_with(model: Path, folder: Path) -> ChildEngine:
    return ChildEngine(Settings(model, folder, threads=1, laptop=laptop_for(model, folder)))


def address_space(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmPeak"))


def test_where_the_cache_does_not_fit_it_is_made_smaller_and_the_next_start_begins_there(
    tmp_path: Path,
) -> None:
    """65,536 tokens: 403 MB of cache at f16, 214 MB at q8_0, under a real limit in between."""
    model = write_tiny_model(tmp_path, Shape(hidden=256, layers=6, heads=4, context=65536))
    shape = shape_in(model)
    with ChildEngine(Settings(model, tmp_path, n_ctx=256, threads=1)) as engine:
        least = address_space(engine.start().pid)
    larger, smaller = (need(shape, Placement(cache=each)).host for each in ("f16", "q8_0"))
    limit = least + (larger + smaller) // 2 - shape.weights

    def run() -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "tests.support.engine_limited", model, tmp_path, str(limit)],
            capture_output=True,
            check=True,
            timeout=300,
        )
        said: dict[str, Any] = json.loads(done.stdout)
        return said

    first, second = run(), run()

    assert (first["began"], first["held"]) == ("placement.processor", "placement.small_cache")
    assert first["placement"]["cache"] == "q8_0"
    assert second["began"] == second["held"] == "placement.small_cache"


def test_a_model_that_no_rung_holds_says_how_much_memory_it_needs(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop_app.engine.climb.available_memory", lambda: 2**20)

    with engine_with(tiny_model, tmp_path) as engine, pytest.raises(EngineError) as caught:
        engine.start()
    assert caught.value.key == "engine.too_large"
    assert caught.value.values == {"needed": "0.1", "there": "0.0"}


def test_a_device_is_checked_by_what_a_child_computes_on_it(
    tiny_model: Path, tmp_path: Path
) -> None:
    with engine_with(tiny_model, tmp_path) as engine:
        assert engine.check("CPU") <= 1e-6
        with pytest.raises(EngineError) as caught:
            engine.check("CUDA7")
    assert caught.value.key == "engine.load_failed"


def test_a_card_that_is_listed_and_does_not_load_is_left_for_the_processor(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The card is in the list alone; that llama.cpp refuses it, and the way down, are real."""
    describe = ChildEngine.describe

    def with_card(engine: ChildEngine) -> dict[str, Any]:
        facts = describe(engine)
        return facts | {"devices": [*facts["devices"], asdict(card(8 * GIB))]}

    monkeypatch.setattr(ChildEngine, "describe", with_card)
    monkeypatch.setattr(ChildEngine, "check", lambda _engine, _device: 0.0)
    with engine_with(tiny_model, tmp_path) as engine:
        loaded = engine.start()
        *_, finished = engine.reply(Request(HELLO, GREEDY, 10))
        began_again = engine.plan()

    assert loaded.why is not None
    assert (loaded.placement.device, loaded.why.key) == (None, "placement.device_failed")
    assert getattr(finished, "text", None) == "你"
    assert began_again == loaded.why
    failed = json.loads((tmp_path / "machine.json").read_bytes())["failures"]["model"]
    assert [each["placement"]["device"] for each in failed] == ["CUDA0", "CUDA0", "CUDA0"]


@pytest.fixture
def stopped_check(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ChildEngine]:
    """An engine whose machine lists a card, and whose check of it never comes to an end."""
    with_faults(monkeypatch)
    describe = ChildEngine.describe

    def with_card(engine: ChildEngine) -> dict[str, Any]:
        facts = describe(engine)
        order(tmp_path, "load", "stop")  # for the next child, which is the check's
        return facts | {"devices": [*facts["devices"], asdict(card(8 * GIB))]}

    monkeypatch.setattr(ChildEngine, "describe", with_card)
    with engine_with(tiny_model, tmp_path) as engine:
        yield engine


@pytest.mark.parametrize("ended", ["kill", "close"])
def test_a_check_that_the_app_ends_is_not_remembered_against_the_card(
    stopped_check: ChildEngine, tmp_path: Path, ended: str
) -> None:
    with ThreadPoolExecutor(1) as others:
        started = others.submit(stopped_check.start)
        os.waitid(os.P_ALL, 0, os.WSTOPPED | os.WNOWAIT)
        getattr(stopped_check, ended)()
        error = started.exception(timeout=20)

    assert isinstance(error, DiedError)
    assert not error.crashed
    assert json.loads((tmp_path / "machine.json").read_bytes())["devices"] == {}


def test_a_check_that_hangs_by_itself_is_remembered_and_the_processor_taken(
    stopped_check: ChildEngine, tmp_path: Path
) -> None:
    with impatient(in_load=True):
        loaded = stopped_check.start()
    verdict = json.loads((tmp_path / "machine.json").read_bytes())["devices"]["CUDA0"]

    assert loaded.why == Why("placement.device_failed", {"device": "Card CUDA0"})
    assert (verdict["works"], verdict["why"]) == (False, "engine.hung")


@pytest.fixture
def climb(tiny_model: Path, tmp_path: Path) -> Callable[..., Climb]:
    """Return a climb on a machine of functions."""

    def make(
        *devices: Device, check: Callable[[str], float] = lambda _: 0.0, n_ctx: int | None = 2048
    ) -> Climb:
        plain = [asdict(device) for device in (processor(), *devices)]
        laptop = laptop_for(tiny_model, tmp_path)
        return Climb(laptop, n_ctx, listed=lambda: plain, check=check)

    return make


def dies(_: object = None) -> Any:
    raise DIED


def breaks(_: object) -> float:
    raise BugError("the child sent bug for checked", "ValueError device_check.py:1")


def first_of(climb: Climb) -> tuple[Placement, str]:
    placement = next(climb.placements())
    return placement, climb.why(placement).key


def test_a_card_played_by_a_function_that_computes_is_used(climb: Callable[..., Climb]) -> None:
    placement, why = first_of(climb(card(8 * GIB)))

    assert (placement.device, placement.layers, why) == ("CUDA0", 3, "placement.device")


@pytest.mark.parametrize(
    "check",
    [dies, breaks, lambda _: 0.5, lambda _: float("nan")],
    ids=["dies", "breaks", "wrong", "nothing"],
)
def test_a_card_played_by_a_function_that_fails_is_not_used_and_not_asked_again(
    climb: Callable[..., Climb], check: Callable[[str], float]
) -> None:
    first = first_of(climb(card(8 * GIB), check=check))
    again = first_of(climb(card(8 * GIB), check=lambda _: pytest.fail("asked again")))

    assert first == again == (Placement(2048), "placement.device_failed")


def test_a_card_played_by_a_function_that_ends_the_whole_program_is_not_asked_again(
    climb: Callable[..., Climb], tiny_model: Path, tmp_path: Path
) -> None:
    """As a driver may, or a machine that freezes: nobody is left to note it afterwards."""
    struck = subprocess.run(
        [sys.executable, "-c", STRUCK, tiny_model, tmp_path], check=False, timeout=60
    )
    again = first_of(climb(card(8 * GIB), check=lambda _: pytest.fail("asked again")))

    assert struck.returncode == -signal.SIGKILL
    assert again == (Placement(2048), "placement.device_failed")


@pytest.mark.parametrize(
    "given_up",
    [CLOSED, NEVER_STARTED, KeyboardInterrupt()],
    ids=["closed", "never started", "interrupted"],
)
def test_a_card_played_by_a_function_whose_check_was_given_up_is_asked_again(
    climb: Callable[..., Climb], given_up: BaseException
) -> None:
    def gives_up(_: str) -> float:
        raise given_up

    with pytest.raises(type(given_up)):
        climb(card(8 * GIB), check=gives_up)

    assert first_of(climb(card(8 * GIB)))[1] == "placement.device"


@pytest.mark.parametrize(
    "given_up",
    [CLOSED, NEVER_STARTED, NO_MODULE, FILE_GONE],
    ids=["closed", "never started", "not installed whole", "file gone"],
)
def test_a_list_that_was_given_up_says_nothing_of_the_driver(
    climb: Callable[..., Climb], tiny_model: Path, tmp_path: Path, given_up: EngineError
) -> None:
    def gives_up() -> list[dict[str, Any]]:
        raise given_up

    with pytest.raises(type(given_up)):
        Climb(laptop_for(tiny_model, tmp_path), 2048, listed=gives_up, check=dies)

    assert first_of(climb(card(8 * GIB)))[1] == "placement.device"


def test_two_cards_played_by_functions_the_one_with_memory_of_its_own_goes_first(
    climb: Callable[..., Climb],
) -> None:
    shared = card(16 * GIB, "Vulkan0", "igpu")

    assert first_of(climb(shared, card(8 * GIB)))[0].device == "CUDA0"


def test_a_card_played_by_a_function_without_room_is_named(climb: Callable[..., Climb]) -> None:
    assert first_of(climb(card(GIB // 2))) == (Placement(2048), "placement.device_small")


def test_a_driver_played_by_a_function_that_dies_when_it_is_asked_is_asked_once(
    tiny_model: Path, tmp_path: Path
) -> None:
    laptop = laptop_for(tiny_model, tmp_path)
    Climb(laptop, 2048, listed=dies, check=dies)
    again = Climb(laptop, 2048, listed=lambda: pytest.fail("asked again"), check=dies)

    assert first_of(again) == (Placement(2048), "placement.driver_failed")


def test_a_crash_on_the_processor_is_no_rung_of_the_ladder(climb: Callable[..., Climb]) -> None:
    assert not climb().fell(Placement(2048), DIED)


@pytest.mark.parametrize(
    "error",
    [
        REFUSED,
        DiedError(Death(Cause.KILLED, "SIGKILL", crashed=True)),
        DiedError(Death(Cause.MEMORY, "SIGABRT", crashed=True)),
    ],
    ids=["refused", "killed", "no memory left"],
)
def test_want_of_memory_is_one(climb: Callable[..., Climb], error: EngineError) -> None:
    climbed = climb()
    left = climbed.placements()

    assert climbed.fell(next(left), error)
    assert next(left).cache == "q8_0"


def test_of_all_the_context_there_is_less_is_tried_where_it_does_not_hold(
    climb: Callable[..., Climb],
) -> None:
    first = climb(n_ctx=None)
    tries = []
    for placement in first.placements():
        first.fell(placement, REFUSED)
        tries.append((placement.cache, placement.n_ctx))

    assert tries == [("f16", None), ("q8_0", None), ("q8_0", 2048), ("q8_0", 1024)]


@pytest.mark.parametrize("ended", [CLOSED, NEVER_STARTED], ids=["closed", "never started"])
def test_a_load_that_we_ended_says_nothing_of_a_card_played_by_a_function(
    climb: Callable[..., Climb], ended: EngineError
) -> None:
    first = climb(card(8 * GIB))
    placement = next(first.placements())
    assert placement.device is not None

    assert not first.fell(placement, ended)

    assert first_of(climb(card(8 * GIB)))[0] == placement


def test_when_all_has_failed_on_the_processor_it_is_tried_anew(
    climb: Callable[..., Climb],
) -> None:
    """What other programs held then may be free now."""
    first = climb()
    for placement in first.placements():
        first.fell(placement, REFUSED)

    assert first_of(climb())[0] == Placement(2048)


@pytest.mark.parametrize(
    ("error", "suffix"),
    [(SHORT, ""), (REFUSED, ""), (DIED, "_failed")],
    ids=["no memory there", "none here", "died"],
)
def test_a_card_played_by_a_function_holds_a_part_and_it_is_said_why_not_more(
    climb: Callable[..., Climb], error: EngineError, suffix: str
) -> None:
    first = climb(card(8 * GIB))
    whole, part, small = islice(first.placements(), 3)
    first.fell(whole, error)
    assert first.why(part).key == f"placement.device_part{suffix}"

    again = climb(card(8 * GIB))
    assert first_of(again) == (part, f"placement.device_part{suffix}")
    again.fell(part, SHORT)
    assert again.why(small).key == f"placement.device_small_cache{suffix}"


@pytest.fixture
def at_work(endless_model: Path, tmp_path: Path) -> Iterator[ChildEngine]:
    """An engine whose replies do not end."""
    laptop = laptop_for(endless_model, tmp_path)
    with ChildEngine(Settings(endless_model, tmp_path, 4096, threads=1, laptop=laptop)) as engine:
        yield engine


def die_at_work(engine: ChildEngine) -> Placement:
    """Have a child killed while it writes; return where the next one loads."""
    events = engine.reply(Request(HELLO, GREEDY, 4000))
    next(events)
    os.kill(engine.start().pid, signal.SIGKILL)
    with pytest.raises(DiedError):
        list(events)
    return engine.start().placement


@pytest.mark.parametrize("n_ctx", [4096, None], ids=["asked for", "all there is"])
def test_who_is_killed_for_want_of_memory_at_work_takes_less_the_next_time(
    at_work: ChildEngine, n_ctx: int | None
) -> None:
    at_work.settings = replace(at_work.settings, n_ctx=n_ctx)

    assert at_work.start().placement == Placement(n_ctx)
    assert die_at_work(at_work) == Placement(n_ctx, cache="q8_0")
    assert die_at_work(at_work) == Placement(2048, cache="q8_0")


@pytest.mark.parametrize(("slept_s", "noted"), [(0.0, 1), (3600.0, 0)], ids=["awake", "slept"])
def test_a_played_card_is_not_blamed_for_what_it_lost_in_a_sleep(
    at_work: ChildEngine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    slept_s: float,
    noted: int,
) -> None:
    """That the model is on it is played; that its child dies at work is real."""
    loaded = at_work.start()
    at_work._loaded = replace(loaded, placement=Placement(4096, "CUDA0", 7))
    before = asleep.now()
    later = replace(before, asleep_s=before.asleep_s + slept_s)
    monkeypatch.setattr("desktop_app.engine.asleep.now", lambda: later)

    die_at_work(at_work)

    learned = tmp_path / "machine.json"
    facts = json.loads(learned.read_bytes()) if learned.exists() else {"failures": {}}
    assert len(facts["failures"].get("model", [])) == noted


@pytest.fixture
def on_card(at_work: ChildEngine) -> ChildEngine:
    """That engine, with its model on a card; that is played, and its child is real."""
    at_work._loaded = replace(at_work.start(), placement=Placement(4096, "CUDA0", 7))
    return at_work


def blamed(folder: Path) -> list[str]:
    """Return the devices whose failing was written down."""
    learned = folder / "machine.json"
    facts = json.loads(learned.read_bytes()) if learned.exists() else {"failures": {}}
    return [each["placement"]["device"] for each in facts["failures"].get("model", [])]


@pytest.mark.parametrize(
    ("sent", "noted"),
    [
        (signal.SIGTERM, []),
        (signal.SIGHUP, []),
        (signal.SIGINT, []),
        (signal.SIGSEGV, ["CUDA0"]),
        (signal.SIGKILL, ["CUDA0"]),
    ],
)
def test_a_played_card_is_not_blamed_where_a_logout_ends_a_child_at_work(
    on_card: ChildEngine, tmp_path: Path, sent: signal.Signals, noted: list[str]
) -> None:
    events = on_card.reply(Request(HELLO, GREEDY, 4000))
    next(events)
    os.kill(on_card.start().pid, sent)
    with pytest.raises(DiedError) as caught:
        list(events)

    assert caught.value.values == {"cause": sent.name}
    assert blamed(tmp_path) == noted


@pytest.mark.parametrize(
    ("patience", "key", "noted"),
    [(0.5, "engine.died", []), (SOON_S, "engine.hung", ["CUDA0"])],
    ids=["shorter than the watchdog's", "the watchdog's"],
)
def test_a_played_card_is_not_blamed_for_a_snapshot_nobody_had_time_to_wait_for(
    on_card: ChildEngine, tmp_path: Path, patience: float, key: str, noted: list[str]
) -> None:
    os.kill(on_card.start().pid, signal.SIGSTOP)
    with impatient(), pytest.raises(DiedError) as caught:
        on_card.snapshot(HELLO, at_most=2**20, patience=patience)

    assert caught.value.key == key
    assert blamed(tmp_path) == noted


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_place_has_its_sentence(climb: Callable[..., Climb], lang: Any) -> None:
    from resources.messages import choose_language

    choose_language(lang)
    climbed = climb(card(8 * GIB))
    whole = Placement(2048, "CUDA0", 3)
    places = (
        whole,
        replace(whole, layers=1),
        replace(whole, cache="q8_0"),
        Placement(2048),
        Placement(2048, cache="q8_0"),
        Placement(1024, cache="q8_0"),
    )

    said = [climbed.why(place).sentence() for place in places]
    assert len(set(said)) == len(places)
    assert all("Card CUDA0" in sentence for sentence in said[:4])
    assert "1024" in said[5]
