"""Where ggml's modules are looked for, and which of them is taken, in builds laid out as wheels."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import llama_cpp
import pytest

from resources.ggml_modules import MODULE_SUFFIX, best_module, module_folder

REAL = Path(llama_cpp.__file__).parent / "lib" / f"libggml-cpu{MODULE_SUFFIX}"
SMALL = "int ggml_backend_score(void) {{ return {score}; }}"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The package's folder of a build with modules, none of them there yet."""
    (tmp_path / "bin").mkdir()
    made = tmp_path / "llama_cpp"
    (made / "lib").mkdir(parents=True)
    (made / "lib" / f"libggml{MODULE_SUFFIX}").touch()
    return made


def module_for(folder: Path, processor: str, score: int) -> Path:
    """Build a module that says how well it fits, and does nothing else."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    module = folder / f"libggml-cpu-{processor}{MODULE_SUFFIX}"
    command = [compiler, "-shared", "-fPIC", "-x", "c", "-", "-o", module]
    subprocess.run(command, input=SMALL.format(score=score).encode(), check=True)
    return module


@pytest.mark.parametrize("place", ["llama_cpp/lib", "bin", "lib"])
def test_modules_are_found_wherever_a_wheel_puts_them(package: Path, place: str) -> None:
    folder = package.parent / place
    folder.mkdir(exist_ok=True)
    shutil.copy(REAL, folder)
    assert module_folder(package) == folder
    assert best_module(folder) == folder / REAL.name


def test_the_module_that_fits_this_processor_best_is_taken(package: Path) -> None:
    folder = package.parent / "bin"
    shutil.copy(REAL, folder)
    module_for(folder, "x64", 1)
    best = module_for(folder, "haswell", 64)
    module_for(folder, "sapphirerapids", 0)  # it would die of an instruction
    assert best_module(module_folder(package)) == best


def test_of_modules_for_other_processors_none_is_taken(package: Path) -> None:
    folder = package.parent / "bin"
    module_for(folder, "sapphirerapids", 0)
    assert best_module(folder) is None


def test_a_build_without_modules_has_none(package: Path) -> None:
    assert module_folder(package) == package / "lib"
    assert best_module(package / "lib") is None
