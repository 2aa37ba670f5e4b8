"""The script that takes the pictures in docs/screens, on one language and one scheme."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

pytestmark = pytest.mark.gui

ROOT = Path(__file__).resolve().parents[2]


def test_it_takes_every_picture_of_a_language_and_a_scheme(tmp_path: Path) -> None:
    script = str(ROOT / "docs" / "screens.py")
    only = ("--lang", "zh", "--scheme", "light", "--folder", str(tmp_path))
    subprocess.run([sys.executable, script, *only], check=True, cwd=ROOT)

    kept = {each.name for each in (ROOT / "docs" / "screens").glob("zh-light-*.png")}
    assert {each.name for each in tmp_path.iterdir()} == kept
    for picture in tmp_path.iterdir():
        image = QImage(str(picture))
        corner = image.pixelColor(0, 0)
        assert any(image.pixelColor(x, 30) != corner for x in range(image.width()))


def test_the_pictures_of_the_readme_are_among_them() -> None:
    shown = re.findall(r"!\[.*?\]\((.*?\.png)\)", (ROOT / "README.md").read_text("utf-8"))
    assert shown
    for picture in shown:
        assert Path(picture).parent == Path("docs/screens")
        assert (ROOT / picture).is_file()
