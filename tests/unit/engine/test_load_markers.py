"""Safe mode: what a crash while a model is loaded leaves, and what every other end does not."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from desktop_app.engine.load_markers import LoadMarkers
from desktop_app.engine.process import ChildEngine, Settings
from desktop_app.errors import EngineError
from tests.support.faults import order, with_faults
from tests.support.source_tree import ROOT

HOLDING = """
import sys
from pathlib import Path
from desktop_app.engine.load_markers import LoadMarkers
with LoadMarkers(Path(sys.argv[1])).around_load(Path(sys.argv[2])):
    print("loading", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "loading"


@pytest.fixture
def workdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    with_faults(monkeypatch)
    return tmp_path / "workdir"


def crashed(folder: Path, model: Path) -> bool:
    """What the next start finds."""
    return LoadMarkers(folder).crashed(model)


def test_a_child_that_dies_while_loading_leaves_it_until_it_has_loaded_once(
    tiny_model: Path, folder: Path, workdir: Path
) -> None:
    order(workdir, "load", "kill")
    first = LoadMarkers(folder)
    with (
        ChildEngine(Settings(tiny_model, workdir, threads=1, markers=first)) as engine,
        pytest.raises(EngineError),
    ):
        engine.start()

    assert crashed(folder, tiny_model)
    assert not crashed(folder, tiny_model.with_name("another.gguf"))
    assert not first.crashed(tiny_model)  # a person saw it happen
    assert [path.read_bytes() for path in folder.iterdir()] == [b""]
    assert tiny_model.stem not in next(folder.iterdir()).name
    with ChildEngine(Settings(tiny_model, workdir, threads=1, markers=first)) as engine:
        engine.start()
    assert not crashed(folder, tiny_model)


def test_a_file_that_is_refused_leaves_nothing(tmp_path: Path, folder: Path, workdir: Path) -> None:
    model = tmp_path / "x.gguf"
    model.write_bytes(b"GGUF" + bytes(1000))
    workdir.mkdir()
    markers = LoadMarkers(folder)
    with (
        ChildEngine(Settings(model, workdir, threads=1, markers=markers)) as engine,
        pytest.raises(EngineError),
    ):
        engine.start()

    assert list(folder.iterdir()) == []


def test_a_load_that_is_given_up_leaves_nothing(
    tiny_model: Path, folder: Path, workdir: Path
) -> None:
    order(workdir, "load", "stuck")
    settings = Settings(tiny_model, workdir, threads=1, markers=LoadMarkers(folder))
    with ChildEngine(settings) as engine:
        failed: list[EngineError] = []

        def start() -> None:
            try:
                engine.start()
            except EngineError as error:
                failed.append(error)

        loading = threading.Thread(target=start)
        loading.start()
        while not folder.exists() or not list(folder.iterdir()) or (workdir / "fault").exists():
            loading.join(0.01)
            assert loading.is_alive()
        engine.close()
        loading.join()

    assert len(failed) == 1
    assert list(folder.iterdir()) == []


def test_a_load_in_progress_is_no_crash_and_a_killed_program_is(
    folder: Path, tiny_model: Path
) -> None:
    command = [sys.executable, "-c", HOLDING, str(folder), str(tiny_model)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"loading\n"
        assert not crashed(folder, tiny_model)
        program.kill()
        program.wait()

    assert crashed(folder, tiny_model)


def test_a_persons_word_counts(folder: Path, tiny_model: Path) -> None:
    with LoadMarkers(folder).around_load(tiny_model):
        (marker,) = folder.iterdir()
    marker.touch()  # as a crash leaves it
    markers = LoadMarkers(folder)

    assert markers.crashed(tiny_model)
    markers.forgive(tiny_model)
    assert not markers.crashed(tiny_model)


def test_where_nothing_can_be_written_models_load_unmarked(
    tiny_model: Path, tmp_path: Path, workdir: Path
) -> None:
    workdir.mkdir()
    (tmp_path / "file").write_bytes(b"")
    markers = LoadMarkers(tmp_path / "file" / "loading")
    with ChildEngine(Settings(tiny_model, workdir, threads=1, markers=markers)) as engine:
        assert engine.start().pid > 0
