from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from desktop_app.errors import ModelError
from desktop_app.models.library import (
    damaged_models,
    find_model,
    id_of,
    installed_models,
    shipped_folder,
)
from tests.support.engine_tiny import write_manifest, write_tiny_model


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder of installed models with one in it, called 小心."""
    write_tiny_model(tmp_path / "小心")
    return tmp_path


def test_a_file_is_found_by_its_path(installed: Path) -> None:
    path = installed / "小心" / "tiny.gguf"

    assert find_model(str(path), installed).path == path


def test_a_folder_stands_for_the_one_model_in_it(installed: Path) -> None:
    assert find_model(str(installed / "小心"), installed).path.name == "tiny.gguf"


def test_an_installed_model_is_found_by_its_id(installed: Path) -> None:
    assert find_model("小心", installed).path == installed / "小心" / "tiny.gguf"


def test_an_installed_model_goes_before_what_is_called_so_in_the_current_folder(
    installed: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path_factory.mktemp("here")
    monkeypatch.chdir(here)
    other = write_tiny_model(here / "小心")

    assert find_model("小心", installed).path == installed / "小心" / "tiny.gguf"
    assert find_model("./小心", installed).path.resolve() == other


@pytest.mark.parametrize("name", [None, "soulchat-mini"])
def test_the_model_that_ships_is_the_default_and_has_an_id(
    name: str | None, tmp_path: Path
) -> None:
    assert find_model(name, tmp_path).path == shipped_folder() / "soulchat-mini.gguf"


def test_a_model_comes_with_its_manifest(installed: Path) -> None:
    manifest = find_model("小心", installed).manifest

    assert manifest.licence == "Apache-2.0"
    assert manifest.sampling["top_k"] == 40


def test_a_model_without_a_manifest_is_allowed(installed: Path) -> None:
    (installed / "小心" / "model.json").unlink()

    manifest = find_model("小心", installed).manifest

    assert (manifest.name, dict(manifest.sampling), manifest.sha256) == ("tiny", {}, None)


def test_a_manifest_speaks_for_the_file_it_names_only(installed: Path) -> None:
    folder = installed / "小心"
    (folder / "tiny.gguf").rename(folder / "other.gguf")

    assert find_model(str(folder / "other.gguf"), installed).manifest.sha256 is None


def test_an_empty_name_is_no_model_whatever_lies_in_the_current_folder(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(installed / "小心")

    with pytest.raises(ModelError) as caught:
        find_model("", installed)

    assert caught.value.key == "model.unknown_id"


def test_what_cannot_be_used_is_told_from_what_can_and_from_what_is_no_model(
    installed: Path,
) -> None:
    newer, two, gone, cut = (
        write_tiny_model(installed / each) for each in ("newer", "two", "gone", "cut")
    )
    write_manifest(newer, None, format=2)
    (two.parent / "second.gguf").touch()
    gone.unlink()
    (cut.parent / "model.json").write_text('{"form', encoding="utf-8")
    (installed / "notes").mkdir()
    (installed / ".parts").mkdir()
    (installed / "pins.json").write_text("{}", encoding="utf-8")

    assert [id_of(each) for each in installed_models(installed)] == ["小心"]
    found = {each.id: each for each in damaged_models(installed)}
    assert {name: each.why.key for name, each in found.items()} == {
        "cut": "model.manifest_broken",
        "gone": "model.not_one",
        "newer": "model.manifest_format",
        "two": "model.not_one",
    }
    assert "cut/model.json" in found["cut"].why.sentence()
    assert found["cut"].size == cut.stat().st_size + len('{"form')


@pytest.mark.parametrize(
    "name", ["nothing", "~nobody-of-that-name/nothing.gguf", "/no/such/file.gguf", "nothing.gguf"]
)
def test_a_model_that_is_not_there_is_one_sentence(name: str, installed: Path) -> None:
    with pytest.raises(ModelError, match=r"nothing|file"):
        find_model(name, installed)


def test_a_folder_with_two_models_asks_which(installed: Path) -> None:
    (installed / "小心" / "second.gguf").touch()

    with pytest.raises(ModelError, match="2"):
        find_model("小心", installed)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"format": 1}', "\udcff", "[" * 100_000, '{"format": 1, "file": 7}'],
    ids=["empty", "list", "nothing", "no file", "bytes", "deep", "type"],
)
def test_a_broken_manifest_is_one_sentence(text: str, installed: Path) -> None:
    manifest = installed / "小心" / "model.json"
    manifest.write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(ModelError, match=r"model\.json"):
        find_model("小心", installed)


@pytest.mark.parametrize(
    "change",
    [{"sampling": {"top_k": "many"}}, {"sampling": {"top_p": True}}, {"context": "2048"}],
    ids=str,
)
def test_a_manifest_with_a_wrong_type_is_one_sentence(
    change: dict[str, object], installed: Path
) -> None:
    write_manifest(installed / "小心" / "tiny.gguf", None, **change)

    with pytest.raises(ModelError, match=r"model\.json"):
        find_model("小心", installed)


def test_a_manifest_of_a_later_format_asks_for_a_later_app(installed: Path) -> None:
    write_manifest(installed / "小心" / "tiny.gguf", None, format=2)

    with pytest.raises(ModelError, match="更新"):
        find_model("小心", installed)


SOMEBODY_ELSE = """
import os, sys
from pathlib import Path
from desktop_app.errors import ModelError
from desktop_app.models.library import damaged_models, find_model, installed_models
from desktop_app.models import header, manifest
if os.getuid() == 0:  # who may read everything
    os.setuid(65534)
installed = Path(sys.argv[1])
print(len(installed_models(installed)))
print([(each.id, each.why.key, each.size) for each in damaged_models(installed)])
try:
    find_model("theirs", installed)
except ModelError:
    print("refused")
"""


@pytest.mark.parametrize("mode", [0, 0o444], ids=["shut", "listed"])
def test_a_folder_of_somebody_else_is_named_and_hides_no_other(mode: int) -> None:
    with TemporaryDirectory(ignore_cleanup_errors=True) as place:
        installed = Path(place)
        installed.chmod(0o755)
        write_tiny_model(installed / "mine")
        write_tiny_model(installed / "theirs")
        (installed / "theirs").chmod(mode)
        try:
            done = subprocess.run(
                [sys.executable, "-c", SOMEBODY_ELSE, installed],
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            (installed / "theirs").chmod(0o700)

    assert done.stderr == ""
    assert done.stdout.splitlines() == ["1", "[('theirs', 'model.unreadable', 0)]", "refused"]
