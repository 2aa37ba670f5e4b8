"""With how much context a model is opened that nobody asked more of."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.conversation.opening import checked_model, engine_for
from desktop_app.models.library import CONTEXT
from desktop_app.paths import app_paths
from tests.support.engine_tiny import CHATML, Shape, write_manifest, write_tiny_model


def opened_with(model: Path, folder: Path, n_ctx: int | None = None) -> int | None:
    paths = app_paths(folder)
    with engine_for(checked_model(str(model), paths), paths, n_ctx=n_ctx) as engine:
        return engine.settings.n_ctx


@pytest.mark.parametrize(("trained", "taken"), [(32768, CONTEXT), (4096, 4096)])
def test_a_file_that_nobody_describes_is_opened_as_an_installed_one_is(
    tmp_path: Path, trained: int, taken: int
) -> None:
    """Not with all that it was trained for, which would fill a laptop's memory."""
    model = write_tiny_model(tmp_path, Shape(context=trained))
    (model.parent / "model.json").unlink()

    assert opened_with(model, tmp_path / "app") == taken


def test_what_its_maker_says_counts_before_that_and_what_is_asked_for_before_all(
    tmp_path: Path,
) -> None:
    model = write_tiny_model(tmp_path, Shape(context=32768))
    write_manifest(model, CHATML, context=16384)

    assert opened_with(model, tmp_path / "app") == 16384
    assert opened_with(model, tmp_path / "app", 32768) == 32768
