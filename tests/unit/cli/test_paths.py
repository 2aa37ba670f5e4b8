from __future__ import annotations

import os
from pathlib import Path

import pytest

from desktop_app.errors import PathError
from desktop_app.paths import app_paths


def modes(*folders: Path) -> set[int]:
    return {folder.stat().st_mode & 0o777 for folder in folders}


def test_folders_are_made_for_their_owner_alone(tmp_path: Path) -> None:
    paths = app_paths(tmp_path / "new" / "data")

    workdir = paths.engine_workdir()

    assert modes(paths.data, paths.cache, workdir) == {0o700}


def test_a_folder_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)

    app_paths(shared).engine_workdir()

    assert modes(shared) == {0o755}


def test_without_a_data_dir_the_systems_conventions_hold(empty_home: Path) -> None:
    paths = app_paths()

    assert paths.data == empty_home / ".local" / "share" / "soulchat"
    assert paths.cache == empty_home / ".cache" / "soulchat"
    assert paths.config == empty_home / ".config" / "soulchat"


def test_a_place_that_cannot_be_a_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(PathError) as caught:
        app_paths(tmp_path / "file" / "data").engine_workdir()

    assert "--data-dir" in caught.value.in_terminal()


def test_a_relative_data_dir_is_fixed_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    paths = app_paths(Path("data"))
    os.chdir("/")

    assert paths.data == tmp_path / "data"


def test_everything_of_a_data_dir_lies_below_it(tmp_path: Path) -> None:
    paths = app_paths(tmp_path)

    kept = (paths.vault, paths.settings, paths.window_lock, paths.raise_file, paths.cache)
    assert all(path.is_relative_to(tmp_path) for path in kept)
