"""The script of `make` that looks for system packages, run with tools taken from its PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.source_tree import ROOT

TOOLS = (
    *("apt-get", "bash", "c++", "dbus-daemon", "fc-list", "gnome-keyring-daemon"),
    *("sort", "strace", "uname", "xauth", "xvfb-run"),
)


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A PATH folder of a person without administrator rights and without Xvfb."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found is not None, f"{name} is needed to run this test"
        (folder / name).symlink_to(found)
    (folder / "id").write_text("#!/bin/sh\necho 1000\n", encoding="utf-8")
    (folder / "id").chmod(0o755)
    return folder


def look_for(*what: str, path: Path | None = None) -> tuple[int, str]:
    environment = dict(os.environ) | ({} if path is None else {"PATH": str(path)})
    run = subprocess.run(
        [ROOT / "packaging" / "system_packages.sh", *what],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode, run.stdout + run.stderr


@pytest.mark.parametrize("what", [("build", sys.executable), ("window",), ("tests",)])
def test_is_silent_when_nothing_is_missing(what: tuple[str, ...]) -> None:
    assert look_for(*what) == (0, "")


def test_prints_the_line_to_run_when_it_may_not_install(tools: Path) -> None:
    status, said = look_for("tests", path=tools)
    assert status == 1
    assert said.endswith("sudo apt-get update && sudo apt-get install -y xvfb\n")


def test_names_the_packages_where_there_is_no_apt(tools: Path) -> None:
    (tools / "apt-get").unlink()
    status, said = look_for("tests", path=tools)
    assert status == 1
    assert "xvfb" in said
    assert "sudo" not in said


def test_names_the_venv_package_of_the_python_that_lacks_it(tools: Path) -> None:
    bare = tools / "python-without-venv"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    blocked = "import sys; sys.modules['ensurepip'] = None; "
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{blocked}$2"\n', encoding="utf-8")
    bare.chmod(0o755)
    status, said = look_for("build", str(bare), path=tools)
    assert status == 1
    assert version in said


def test_knows_no_other_use() -> None:
    status, said = look_for("everything")
    assert status == 2
    assert said.startswith("usage:")
