"""A file of a person's own becomes an installed model, whole or not at all; and goes again."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from desktop_app.errors import ModelError
from desktop_app.models.install import MODEL, PARTS, add, remove
from desktop_app.models.library import damaged_models, find_model, id_of, installed_models
from desktop_app.models.verify import verify_before_load, verify_whole
from tests.support.engine_tiny import write_manifest, write_tiny_model
from tests.support.small_disk import ONLY_ROOT, room_on

GB = 10**9


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A model of the person's, without a manifest."""
    path = write_tiny_model(tmp_path / "own")
    (path.parent / "model.json").unlink()
    return path


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    return tmp_path / "data" / "models"


def in_part(model: Path, number: int, *, of: int) -> Path:
    """The same file as `llama-gguf-split` would have named and marked it."""
    whole = model.read_bytes()
    (pairs,) = struct.unpack_from("<Q", whole, 16)
    marks = b"".join(
        struct.pack(f"<Q{len(key)}sIH", len(key), key, 2, value)
        for key, value in ((b"split.no", number), (b"split.count", of))
    )
    part = model.with_name(f"tiny-{number + 1:05}-of-{of:05}.gguf")
    part.write_bytes(whole[:16] + struct.pack("<Q", pairs + 2) + marks + whole[24:] + bytes(64))
    return part


def files_in(folder: Path) -> set[Path]:
    return {each for each in folder.rglob("*") if each.is_file()}


def nothing_left(installed: Path) -> bool:
    return [
        each for each in installed.rglob("*") if each.is_file() and each.suffix != ".lock"
    ] == []


def test_it_is_copied_checked_and_found_by_its_id(own: Path, installed: Path) -> None:
    model = add(own, installed)
    assert id_of(model) == "tiny"
    assert model.path.read_bytes() == own.read_bytes()
    assert verify_whole(find_model("tiny", installed)) == "whole"
    assert (model.manifest.bytes, model.manifest.context) == (own.stat().st_size, 4096)
    own.unlink()  # a stick is pulled out
    verify_before_load(find_model("tiny", installed))


def test_the_manifest_beside_it_comes_along(own: Path, installed: Path) -> None:
    write_manifest(own, None, template_sha256=None, system="你是倾听者", context=2048)
    manifest = add(own, installed).manifest
    assert (manifest.system, manifest.context) == ("你是倾听者", 2048)
    assert manifest.file == MODEL


def test_a_manifest_that_names_other_bytes_refuses_it(own: Path, installed: Path) -> None:
    write_manifest(own, None, template_sha256=None, sha256="0" * 64)
    with pytest.raises(ModelError) as caught:
        add(own, installed)
    assert caught.value.key == "model.damaged"
    assert nothing_left(installed)


def test_any_script_and_a_very_long_path_will_do(own: Path, installed: Path) -> None:
    deep = own.parent
    while len(os.fsencode(deep)) < 3600:
        deep = deep / ("很深　的" * 20)
    deep.mkdir(parents=True)
    long = own.rename(deep / ("心" * 80 + ".gguf"))
    model = add(long, installed)
    assert model.manifest.name == "心" * 80
    assert id_of(model) == "心" * 60
    assert verify_whole(find_model("心" * 60, installed)) == "whole"


def test_a_name_that_is_no_utf8_is_taken_in_as_far_as_it_can_be_read(
    own: Path, installed: Path
) -> None:
    named = own.rename(os.fsdecode(os.fsencode(own.parent) + b"/caf\xe9.gguf"))
    model = add(named, installed)
    assert (id_of(model), model.manifest.name) == ("caf", "caf\ufffd")


def test_a_pipe_is_no_model_and_nobody_waits_for_it(tmp_path: Path, installed: Path) -> None:
    os.mkfifo(tmp_path / "pipe.gguf")
    with pytest.raises(ModelError) as caught:
        add(tmp_path / "pipe.gguf", installed)
    assert caught.value.key == "model.not_gguf"


def test_two_of_one_name_have_two_ids_and_the_same_one_is_not_taken_twice(
    own: Path, installed: Path, tmp_path: Path
) -> None:
    add(own, installed)
    other = write_tiny_model(tmp_path / "other", seed=2)
    assert id_of(add(other, installed)) == "tiny-2"
    with pytest.raises(ModelError) as caught:
        add(own, installed)
    assert (caught.value.key, caught.value.values) == ("model.here_already", {"id": "tiny"})
    assert [id_of(each) for each in installed_models(installed)] == ["tiny", "tiny-2"]


@pytest.mark.parametrize("fault", ["text", "cut", "no template", "missing"])
def test_what_is_no_usable_model_changes_nothing(
    own: Path, installed: Path, tmp_path: Path, fault: str
) -> None:
    match fault:
        case "text":
            own.write_text("not a model", encoding="utf-8")
        case "cut":
            os.truncate(own, own.stat().st_size - 1000)
        case "no template":
            own = write_tiny_model(tmp_path / "bare", template=None)
        case "missing":
            own.unlink()
    with pytest.raises(ModelError):
        add(own, installed)
    assert nothing_left(installed)


@pytest.mark.parametrize("number", [0, 2])
def test_one_part_of_a_model_in_several_files_is_refused_as_that(
    own: Path, installed: Path, number: int
) -> None:
    """The first has the chat template and looks like a whole one."""
    part = in_part(own, number, of=3)
    with pytest.raises(ModelError) as caught:
        add(part, installed)
    assert caught.value.key == "model.in_parts"
    assert caught.value.values == {"file": part.name, "part": number + 1, "parts": 3}
    assert nothing_left(installed)


@ONLY_ROOT
def test_without_room_it_says_how_much_is_missing(own: Path, small_disk: Path) -> None:
    """A gigabyte stays free: the person's words need room when the model has come."""
    (small_disk / "models" / PARTS).mkdir(parents=True)
    room_on(small_disk, GB + 200_000)
    with pytest.raises(ModelError) as caught:
        add(own, small_disk / "models")
    assert (caught.value.key, caught.value.values) == ("model.no_room", {"missing": "1"})
    room_on(small_disk, GB + 2 * own.stat().st_size)
    add(own, small_disk / "models")


def test_a_kill_while_it_is_copied_leaves_no_model(own: Path, installed: Path) -> None:
    copying = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from desktop_app.models.install import add\n"
        "kill = lambda done, total: os.kill(os.getpid(), 9)\n"
        "add(Path(sys.argv[1]), Path(sys.argv[2]), kill)\n"
    )
    done = subprocess.run([sys.executable, "-c", copying, own, installed], check=False)
    assert done.returncode == -9
    assert installed_models(installed) == []
    assert not nothing_left(installed)
    assert id_of(add(own, installed)) == "tiny"
    remove("tiny", installed)
    assert nothing_left(installed)  # also of the one that was killed


def test_two_copies_at_once_are_one(own: Path, installed: Path) -> None:
    def try_another(_done: int, _total: int) -> None:
        with pytest.raises(ModelError) as caught:
            add(own, installed)
        assert caught.value.key == "model.copying"

    assert id_of(add(own, installed, try_another)) == "tiny"


def test_giving_up_leaves_nothing(own: Path, installed: Path) -> None:
    class GivenUpError(Exception):
        pass

    def give_up(_done: int, _total: int) -> None:
        raise GivenUpError

    with pytest.raises(GivenUpError):
        add(own, installed, give_up)
    assert nothing_left(installed)


def test_removed_it_is_gone_and_the_one_that_ships_stays(own: Path, installed: Path) -> None:
    add(own, installed)
    assert remove("tiny", installed) > own.stat().st_size
    assert nothing_left(installed)
    for name, key in (
        ("tiny", "model.not_installed"),
        ("../models", "model.not_installed"),
        (PARTS, "model.not_installed"),
        ("soulchat-mini", "model.ships"),
    ):
        with pytest.raises(ModelError) as caught:
            remove(name, installed)
        assert caught.value.key == key


@pytest.mark.parametrize("name", ["", ".", "..", "/", "tiny/", "tiny/.", "./tiny", "tiny/../tiny"])
def test_only_the_very_name_of_a_model_removes_it(own: Path, installed: Path, name: str) -> None:
    """As paths these are folders: the one of all models, or the one above it."""
    add(own, installed)
    (installed / PARTS / "another.part").write_bytes(b"has come")
    (installed / "pins.json").write_text("{}", encoding="utf-8")
    there = files_in(installed.parent)

    with pytest.raises(ModelError) as caught:
        remove(name, installed)

    assert (caught.value.key, caught.value.values) == ("model.not_installed", {"name": name})
    assert files_in(installed.parent) == there


@pytest.mark.parametrize("text", [None, "", "{}", '{"format": 2, "file": "model.gguf"}'])
def test_one_without_a_manifest_of_use_that_is_added_again_is_made_whole_and_keeps_its_id(
    own: Path, installed: Path, text: str | None
) -> None:
    manifest = add(own, installed).path.parent / "model.json"
    manifest.unlink()
    if text is not None:
        manifest.write_text(text, encoding="utf-8")
        assert [each.id for each in damaged_models(installed)] == ["tiny"]

    assert id_of(add(own, installed)) == "tiny"

    assert damaged_models(installed) == []
    assert [verify_whole(each) for each in installed_models(installed)] == ["whole"]


def test_a_damaged_one_of_other_bytes_stays_and_can_be_removed(
    own: Path, installed: Path, tmp_path: Path
) -> None:
    model = add(own, installed)
    (model.path.parent / "model.json").write_text("", encoding="utf-8")

    assert id_of(add(write_tiny_model(tmp_path / "other", seed=2), installed)) == "tiny-2"

    assert remove("tiny", installed) == own.stat().st_size
    assert damaged_models(installed) == []


@pytest.mark.parametrize(
    "text",
    [
        '{"format": "layers-model", "modelTopology": {}, "weightsManifest": []}',
        "[1, 2]",
        '{"file": "tiny.gguf"}',
        '{"format": 1, "file": "other.gguf", "sampling": {"temperature": "x"}}',
        '{"format": 99, "file": "other.gguf"}',
    ],
    ids=["TensorFlow.js", "list", "no format", "other file", "other file and format"],
)
def test_a_manifest_that_is_not_about_the_file_is_none_of_its(
    own: Path, installed: Path, text: str
) -> None:
    (own.parent / "model.json").write_text(text, encoding="utf-8")

    assert find_model(str(own), installed).manifest.sha256 is None
    assert find_model(str(own.parent), installed).manifest.sha256 is None
    assert add(own, installed).manifest.name == "tiny"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('{"format": 1, "file": "tiny.gguf", "system": 7}', "model.manifest_broken"),
        ('{"format": 1, "file": "tiny.gguf", "sys', "model.manifest_broken"),
        ('{"format": 2, "file": "tiny.gguf"}', "model.manifest_format"),
    ],
    ids=["wrong", "cut off", "newer"],
)
def test_a_manifest_about_the_file_that_cannot_be_used_refuses_it(
    own: Path, installed: Path, text: str, key: str
) -> None:
    (own.parent / "model.json").write_text(text, encoding="utf-8")

    for use in (lambda: find_model(str(own), installed), lambda: add(own, installed)):
        with pytest.raises(ModelError) as caught:
            use()
        assert caught.value.key == key
    assert nothing_left(installed)


@pytest.mark.parametrize(
    "template",
    ["{% for %}", "{{ messages", "{{ " + 5000 * "9" + " }}", "{{ " + 9999 * "(" + " }}"],
    ids=["tag", "end", "digits", "depth"],
)
def test_a_chat_template_that_is_no_jinja_is_noticed_before_anything_is_copied(
    installed: Path, tmp_path: Path, template: str
) -> None:
    own = write_tiny_model(tmp_path / "broken", template=template)

    with pytest.raises(ModelError) as caught:
        add(own, installed)

    assert (caught.value.key, caught.value.values) == ("model.template_broken", {"file": own.name})
    assert nothing_left(installed)


def test_a_chat_template_is_read_and_not_computed(installed: Path, tmp_path: Path) -> None:
    """Jinja would work this out to compile it, and be at it for hours."""
    own = write_tiny_model(tmp_path / "long", template="{{ 9 ** (9 ** (9 ** 9)) }}")

    assert id_of(add(own, installed)) == "tiny"


def test_a_file_that_changes_while_it_is_copied_is_what_was_checked(
    own: Path, installed: Path
) -> None:
    """The checksum is of what was written, not of what was read before."""
    changed = threading.Event()

    def change(_done: int, _total: int) -> None:
        if not changed.is_set():
            changed.set()
            with own.open("r+b") as file:
                file.seek(-10, os.SEEK_END)
                file.write(b"0123456789")

    model = add(own, installed, change)
    assert verify_whole(model) == "whole"
    assert json.loads((model.path.parent / "model.json").read_bytes())["sha256"]
