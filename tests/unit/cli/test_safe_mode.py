"""A model whose loading crashed is not loaded again by a command that does not name it."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.paths import app_paths
from tests.support.engine_run import asking, soulchat
from tests.support.faults import order, with_faults

SHIPPED = "soulchat-mini"


@pytest.mark.usefixtures("passphrase")
def test_it_is_one_sentence_until_a_person_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_faults(monkeypatch)
    order(app_paths(tmp_path).engine_workdir(), "load", "abort")
    reply = ("reply", "--json", "--max-tokens", "1", "--data-dir", tmp_path)
    refused = f"上次载入模型 {SHIPPED}.gguf 时程序崩溃了，"

    first = soulchat(*reply, stdin=asking("你好。"))
    assert (first.returncode, first.stdout) == (1, b"")
    assert "（SIGABRT）" in first.stderr.decode()

    for command in (reply, ("--text", "--data-dir", tmp_path)):
        again = soulchat(*command, stdin=asking("你好。"))
        assert (again.returncode, again.stdout) == (1, b"")
        *_, said = again.stderr.decode().splitlines()
        assert said.startswith(refused)
        assert said.endswith(f"（--model {SHIPPED} 照样载入）。")

    assert soulchat(*reply, "--model", SHIPPED, stdin=asking("你好。")).returncode == 0
    assert soulchat(*reply, stdin=asking("你好。")).returncode == 0
