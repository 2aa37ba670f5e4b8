"""Models and engines for the tests of several folders; a conftest.py there imports them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.engine.process import ChildEngine, Settings
from tests.support.engine_tiny import Shape, write_tiny_model

SLOW = Shape(hidden=256, layers=6, heads=4, ffn=1024)
SLOWEST = Shape(hidden=512, layers=6, heads=8, ffn=2048)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that answers 你 and ends."""
    return write_tiny_model(tmp_path_factory.mktemp("tiny"), says="你")


@pytest.fixture(scope="session")
def endless_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that answers 你你你… until it is stopped, and takes its time."""
    return write_tiny_model(tmp_path_factory.mktemp("endless"), SLOW, says="你", ends=False)


@pytest.fixture
def engine(tiny_model: Path, tmp_path: Path) -> Iterator[ChildEngine]:
    with ChildEngine(Settings(tiny_model, tmp_path, threads=1)) as engine:
        yield engine


@pytest.fixture
def endless(endless_model: Path, tmp_path: Path) -> Iterator[ChildEngine]:
    with ChildEngine(Settings(endless_model, tmp_path, threads=1)) as engine:
        yield engine


@pytest.fixture(scope="session")
def slow_speaker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that answers 你你你… for some seconds, on a quick machine too."""
    folder = tmp_path_factory.mktemp("slow-speaker")
    return write_tiny_model(folder, SLOWEST, says="你", ends=False)
