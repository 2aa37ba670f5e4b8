from __future__ import annotations

import os
from pathlib import Path

import pytest

from desktop_app.commands.environment import PASSPHRASE as VARIABLE
from desktop_app.paths import app_paths
from desktop_app.settings import write
from tests.support.engine_fixtures import endless_model, tiny_model
from tests.support.engine_tiny import write_manifest, write_tiny_model
from tests.support.fake_login import address, login
from tests.support.small_disk import small_disk
from tests.support.terminal import ANSWERED
from tests.support.vault_fixtures import PASSPHRASE, closed, data_key, folder, made
from tests.support.vault_keyring import secret_service, silent_keyring

__all__ = [
    "address",
    "closed",
    "data_key",
    "endless_model",
    "folder",
    "login",
    "made",
    "secret_service",
    "silent_keyring",
    "small_disk",
    "tiny_model",
]

GREEDY = {"temperature": 0, "dry_multiplier": 0}


@pytest.fixture
def answered() -> None:
    """Age and region were asked in an earlier run."""
    write(app_paths().settings, ANSWERED)


@pytest.fixture
def passphrase(monkeypatch: pytest.MonkeyPatch) -> str:
    """The passphrase, given to every child in the environment."""
    monkeypatch.setenv(VARIABLE, PASSPHRASE)
    return PASSPHRASE


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that answers 你 whatever its sampling would be."""
    path = write_tiny_model(tmp_path_factory.mktemp("talk"), says="你")
    write_manifest(path, None, template_sha256=None, sampling=GREEDY)
    return path


@pytest.fixture
def endless(endless_model: Path, tmp_path: Path) -> Path:
    """A model that answers 你你你… until it is stopped, and takes its time."""
    path = tmp_path / "endless.gguf"
    path.symlink_to(endless_model)
    write_manifest(path, None, template_sha256=None, sampling=GREEDY)
    return path


@pytest.fixture
def no_engine(tmp_path: Path) -> str:
    """A PYTHONPATH on which llama.cpp cannot be loaded: the engine's child dies."""
    folder = tmp_path / "no-engine"
    folder.mkdir()
    (folder / "llama_cpp.py").write_text("import os\nos._exit(3)\n", encoding="utf-8")
    return os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
