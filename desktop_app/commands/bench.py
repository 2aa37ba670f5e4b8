"""`soulchat bench`: the figures of engine, guard, history and window.

Each has beside it, in the same run, what it is measured against.
"""

from __future__ import annotations

import secrets
import tomllib
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from desktop_app.commands.bench_engine import measure_engine
from desktop_app.commands.bench_guard import measure_guard
from desktop_app.commands.bench_history import measure_history
from desktop_app.commands.bench_large import measure_large
from desktop_app.commands.bench_long import measure_long
from desktop_app.commands.bench_search import measure_search
from desktop_app.commands.bench_window import measure_window
from desktop_app.conversation.opening import checked_model
from desktop_app.dialogue import Role, Turn
from desktop_app.paths import Paths, app_paths

Facts = dict[str, Any]


def measure(name: str | None, paths: Paths) -> Facts:
    """Return the figures of one model, the guard, and history and window in a folder of their own.

    Raises:
        KnownError: the model is unusable or a child died.
    """
    messages = _messages()
    facts = measure_engine(name, paths, messages)
    guard = measure_guard([turn.content for turn in messages])
    # On the disk that history is kept on; a folder for temporary files may be memory.
    with TemporaryDirectory(prefix="bench-", dir=paths.engine_workdir().parent) as folder:
        large = long = None
        if name is None:  # a model that was named is measured alone
            large = measure_large(Path(folder) / "large", messages)
            long = measure_long(Path(folder) / "long", messages)
        apart, passphrase = app_paths(Path(folder)), secrets.token_hex(16)
        texts = tuple(turn.content for turn in messages)
        history = measure_history(apart, passphrase, texts)
        search = measure_search(Path(folder) / "search" / "vault", passphrase, texts)
        window = measure_window(apart, passphrase, checked_model(name, paths).path)
    return facts | {
        "large": large,
        "long": long,
        "guard": guard,
        "history": history,
        "search": search,
        "window": window,
    }


def _messages() -> tuple[Turn, ...]:
    path = resources.files("resources").joinpath("prompts", "bench.toml")
    texts = tomllib.loads(path.read_text(encoding="utf-8"))["messages"]
    return tuple(Turn(Role.USER, text) for text in texts)
