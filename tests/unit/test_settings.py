"""settings.json: one frozen value; what cannot be read never stands in the way of a start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from desktop_app.errors import PathError, SettingsError
from desktop_app.paths import app_paths
from desktop_app.settings import AgeBand, Scheme, Settings, language_of, read, write
from tests.support.small_disk import ONLY_ROOT, fill

CHOSEN = Settings(
    language="en",
    scheme=Scheme.DARK,
    text_step=2,
    age=AgeBand.UNSAID,
    region="NZ",
    notice_confirmed=True,
    lock_minutes=3,
    model="my-model",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return app_paths(tmp_path / "home").settings


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(content)


def test_what_was_written_is_read(path: Path) -> None:
    write(path, CHOSEN)
    assert read(path) == (CHOSEN, None)


def test_without_a_file_the_defaults_hold(path: Path) -> None:
    assert read(path) == (Settings(), None)
    assert not path.parent.exists()


def test_the_file_and_its_folder_are_their_owners_alone(path: Path) -> None:
    write(path, CHOSEN)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [each.name for each in path.parent.iterdir()] == ["settings.json"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("language", "fr"),
        ("scheme", "sepia"),
        ("scheme", []),
        ("text_step", "2"),
        ("text_step", True),
        ("age", 17),
        ("region", 64),
        ("notice_confirmed", 1),
        ("notice_confirmed", "yes"),
        ("lock_minutes", -1),
        ("lock_minutes", True),
        ("lock_minutes", 100_000),
        ("model", {"path": "x"}),
    ],
)
def test_a_value_of_the_wrong_kind_falls_back_alone(path: Path, name: str, value: object) -> None:
    write(path, CHOSEN)
    plain = json.loads(path.read_bytes())
    path.write_text(json.dumps(plain | {name: value}), encoding="utf-8")

    settings, problem = read(path)

    assert problem is None
    assert getattr(settings, name) == getattr(Settings(), name)
    others = [each for each in plain if each != name]
    assert [getattr(settings, each) for each in others] == [
        getattr(CHOSEN, each) for each in others
    ]


def test_what_a_newer_version_wrote_is_kept(path: Path) -> None:
    put(path, b'{"language": "en", "voice": {"speed": 1.5}}')

    settings, _ = read(path)
    write(path, settings)

    assert json.loads(path.read_bytes())["voice"] == {"speed": 1.5}


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b'"dark"', b"\xff\xfe", b"[" * 100_000]
)
def test_a_damaged_file_means_the_defaults_and_is_kept_beside(path: Path, content: bytes) -> None:
    put(path, content)

    settings, problem = read(path)

    assert settings == Settings()
    assert isinstance(problem, SettingsError)
    assert problem.key == "settings.damaged"
    assert not path.exists()
    assert path.with_name("settings.damaged.json").read_bytes() == content
    assert read(path) == (Settings(), None)


def test_the_language_can_be_looked_up_before_anything_is_said(path: Path) -> None:
    assert language_of(path) is None
    write(path, Settings(language="en"))
    assert language_of(path) == "en"


def test_looking_up_the_language_leaves_a_damaged_file_to_be_told_of(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"{")

    assert language_of(path) is None
    assert read(path)[1] is not None


def test_a_file_that_cannot_be_read_stays_and_is_told(path: Path) -> None:
    path.mkdir(parents=True)

    settings, problem = read(path)

    assert settings == Settings()
    assert isinstance(problem, SettingsError)
    assert problem.key == "settings.unreadable"
    assert path.is_dir()


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(PathError):
        write(tmp_path / "file" / "config" / "settings.json", CHOSEN)


@ONLY_ROOT
def test_a_full_disk_is_one_sentence_and_the_old_file_stands(small_disk: Path) -> None:
    path = small_disk / "settings.json"
    write(path, Settings())
    before = path.read_bytes()
    fill(small_disk)

    with pytest.raises(SettingsError) as raised:
        write(path, CHOSEN)

    assert raised.value.key == "settings.not_written"
    assert path.read_bytes() == before
    assert not path.with_name("settings.json.part").exists()
