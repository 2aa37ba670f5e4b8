"""A llama.cpp whose computing lies in modules, one for each kind of processor.

    SOULCHAT_TEST_LLAMA_CPP=FOLDER pytest -m slow tests/unit/engine/test_cpu_modules.py

FOLDER holds such a `llama_cpp` package as pip would lay it out (tests/support/modules_build.sh
makes it): nothing in it computes before a module is loaded, and llama-cpp-python loads none.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.engine.devices import devices_in
from desktop_app.engine.process import ChildEngine, Settings
from desktop_app.errors import EngineError
from desktop_app.models.library import find_model
from resources.messages import sentence
from tests.support.engine_limited import laptop_for
from tests.support.engine_run import asking, soulchat
from tests.support.engine_tiny import write_tiny_model
from tests.support.source_tree import ROOT
from tests.unit.engine.test_device import (
    NAMED,
    NEAR_TIE,
    QUESTION,
    TOKENS,
    gap_where_they_part,
    reply,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        NAMED is None or not list(Path(NAMED, "bin").glob("*ggml-cpu-*")),
        reason="SOULCHAT_TEST_LLAMA_CPP names no build with modules",
    ),
]

INSTRUCTIONS = {"avx": "AVX", "avx2": "AVX2", "fma": "FMA", "f16c": "F16C", "avx512f": "AVX512"}
"""As the kernel names them, and as llama.cpp does of what it computes with."""

BARE = """
import os, sys
import llama_cpp.llama_cpp as C
C.llama_backend_init()
model = C.llama_model_load_from_file(os.fsencode(sys.argv[1]), C.llama_model_default_params())
print(C.llama_print_system_info().decode() or "nothing", bool(model))
"""

BEST = """
import sys
from pathlib import Path
import llama_cpp
from resources.ggml_modules import best_module
print(best_module(Path(sys.argv[1])))
"""

ALONE = """
from desktop_app.engine.backends import devices, load_backends
from desktop_app.engine.llama import describe
load_backends(graphics=False)
print(describe()["features"], *(each.name for each in devices()), sep="\\n")
"""


@pytest.fixture(autouse=True)
def build(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The build with modules, in place of the installed one."""
    return use(Path(str(NAMED)), monkeypatch)


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it in a folder with a Chinese name; a test may take modules away from it."""
    return use(shutil.copytree(str(NAMED), tmp_path / "灵犀"), monkeypatch)


def use(build: Path | None, monkeypatch: pytest.MonkeyPatch) -> Path:
    folders = [ROOT] if build is None else [build, ROOT]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, folders)))
    return folders[0]


def printed(code: str, *arguments: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, check=True, timeout=120
    )
    return done.stdout.decode().splitlines()


def features(folder: Path) -> str:
    """What the child computes with, by llama.cpp's account."""
    with ChildEngine(Settings(folder, folder)) as engine:
        return str(engine.describe()["features"])


def test_without_the_loader_nothing_computes(tiny_model: Path) -> None:
    assert printed(BARE, tiny_model) == ["nothing False"]


def test_the_child_has_the_processor_and_nothing_twice(tiny_model: Path, tmp_path: Path) -> None:
    with ChildEngine(Settings(tiny_model, tmp_path)) as engine:
        found = devices_in(engine.describe()["devices"])

    assert [(each.name, each.kind) for each in found] == [("CPU", "cpu")]
    assert found[0].total > 0


@pytest.mark.skipif(
    not Path("/proc/cpuinfo").exists() or os.uname().machine != "x86_64", reason="Linux's names"
)
def test_the_module_taken_uses_what_this_processor_has_and_no_more(tmp_path: Path) -> None:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    flags = next(line for line in lines if line.startswith("flags")).split()
    taken = features(tmp_path)

    assert {name for flag, name in INSTRUCTIONS.items() if flag in flags} == {
        name for name in INSTRUCTIONS.values() if f" {name} = 1" in taken
    }


def test_with_the_drivers_asleep_the_same_module_is_taken(tmp_path: Path) -> None:
    assert printed(ALONE) == [features(tmp_path), "CPU"]


def test_a_random_model_says_what_the_ordinary_build_has_it_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(write_tiny_model(tmp_path), tmp_path, threads=1)
    with ChildEngine(settings) as engine:
        there = reply(engine)
    use(None, monkeypatch)
    with ChildEngine(settings) as engine:
        here = reply(engine)

    assert there.reply_tokens == TOKENS
    assert there.text == here.text


def test_the_model_that_ships_says_it_too_or_parts_at_a_near_tie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = find_model(None, tmp_path).path
    asked = (Turn(Role.USER, QUESTION),)
    with ChildEngine(Settings(shipped, tmp_path, laptop=laptop_for(shipped, tmp_path))) as engine:
        loaded = engine.start()
        there = reply(engine, asked)
    use(None, monkeypatch)
    with ChildEngine(Settings(shipped, tmp_path)) as engine:
        here = reply(engine, asked)

    assert loaded.why is not None
    assert loaded.why.key == "placement.processor"
    assert there.reply_tokens == here.reply_tokens == TOKENS
    if there.text != here.text:
        gap = gap_where_they_part(shipped, here.text, there.text)
        assert gap <= NEAR_TIE, f"they part where the processor is sure by {gap}"


def test_the_doctor_says_what_is_used_and_that_the_processor_is(tiny_model: Path) -> None:
    engine = json.loads(soulchat("doctor", "--json", "--model", tiny_model).stdout)["engine"]

    assert [each["backend"] for each in engine["devices"]] == ["CPU"]
    assert engine["placement"]["why"] == "placement.processor"


def test_a_conversion_is_judged_by_it(tiny_model: Path) -> None:
    judge = "import sys; from pathlib import Path; from convert.runtime import tokenise, logits\n"
    compute = "print(len(logits(Path(sys.argv[1]), [[1, 2, 3]], 8)))"
    assert printed(judge + compute, tiny_model)


@pytest.mark.usefixtures("copy")
def test_it_is_found_in_a_folder_of_any_name(tiny_model: Path, tmp_path: Path) -> None:
    with ChildEngine(Settings(tiny_model, tmp_path, threads=1)) as engine:
        assert reply(engine).text == "你"


@pytest.mark.parametrize("laptop", [True, False], ids=["a place chosen", "no place chosen"])
def test_modules_that_are_gone_cost_one_sentence_and_are_found_again(
    copy: Path, tiny_model: Path, tmp_path: Path, laptop: bool
) -> None:
    there, aside = copy / "bin", copy / "aside"
    settings = Settings(
        tiny_model,
        tmp_path,
        threads=1,
        laptop=laptop_for(tiny_model, tmp_path) if laptop else None,
    )
    there.rename(aside)
    with ChildEngine(settings) as engine:
        with pytest.raises(EngineError) as caught:
            engine.start()
        assert caught.value.key == "engine.no_module"
        assert not (tmp_path / "machine.json").exists()  # no driver is blamed for it
        engine.close()
        aside.rename(there)
        assert reply(engine).text == "你"


def test_modules_for_other_processors_alone_are_as_good_as_none(
    copy: Path, tiny_model: Path, tmp_path: Path
) -> None:
    modules = copy / "bin"
    while (fitting := printed(BEST, modules)) != ["None"]:
        Path(*fitting).unlink()
    if not list(modules.iterdir()):
        pytest.skip("every module fits this processor")

    with (
        ChildEngine(Settings(tiny_model, tmp_path, threads=1)) as engine,
        pytest.raises(EngineError) as caught,
    ):
        engine.start()
    assert caught.value.key == "engine.no_module"


def test_the_terminal_says_so_in_that_sentence(copy: Path, tiny_model: Path) -> None:
    shutil.rmtree(copy / "bin")
    replied = soulchat("reply", "--json", "--model", tiny_model, stdin=asking("您"))
    doctor = soulchat("doctor", "--json", "--model", tiny_model)

    assert replied.returncode != 0
    assert sentence("error.engine.no_module") in (replied.stdout + replied.stderr).decode()
    assert doctor.returncode == 0
    assert json.loads(doctor.stdout)["engine"] == {"error": "engine.no_module"}
