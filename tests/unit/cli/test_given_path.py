from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.engine_run import soulchat


@pytest.mark.parametrize(
    "arguments",
    [
        ("--data-dir", "", "models", "list"),
        ("--data-dir=~nobody-of-that-name", "models", "list"),
        ("models", "add", ""),
        ("vault", "backup", ""),
        ("vault", "restore", ""),
        ("sessions", "import", ""),
        ("sessions", "export", "--out", ""),
    ],
    ids=" ".join,
)
def test_a_path_that_was_left_empty_is_not_the_current_folder(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `--data-dir "$UNSET"` would be; nor is a folder made that is called `~name`."""
    monkeypatch.chdir(tmp_path)

    done = soulchat("--lang", "en", *arguments)

    assert done.returncode == 2
    assert b"path" in done.stderr
    assert list(tmp_path.iterdir()) == []
