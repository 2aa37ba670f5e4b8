"""From a model's name to a counsellor: the one place where models and engine meet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from desktop_app.conversation.counsellor import Counsellor
from desktop_app.engine.process import ChildEngine, Settings
from desktop_app.engine.sampling import sampling_from
from desktop_app.models.library import Model, find_model
from desktop_app.models.verify import verify_before_load
from desktop_app.paths import Paths


def checked_model(name: str | None, paths: Paths) -> Model:
    """Return the model `name` stands for (see `find_model`), checked; raises ModelError."""
    model = find_model(name, paths.models)
    verify_before_load(model)
    return model


def engine_for(model: Model, paths: Paths, *, n_ctx: int | None = None) -> ChildEngine:
    """Return an engine for `model`; its child starts at the first call."""
    wanted = n_ctx or model.manifest.context
    return ChildEngine(Settings(model.path, paths.engine_workdir(), wanted))


@contextmanager
def counsellor_for(
    name: str | None, paths: Paths, *, n_ctx: int | None = None
) -> Iterator[Counsellor]:
    """Give a counsellor on the model `name` stands for; its engine is closed afterwards."""
    model = checked_model(name, paths)
    with engine_for(model, paths, n_ctx=n_ctx) as engine:
        yield Counsellor(
            engine,
            system=model.manifest.system,
            sampling=sampling_from(model.manifest.sampling),
        )
