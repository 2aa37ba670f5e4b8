"""From a model's name to a counsellor: the one place where models and engine meet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from desktop_app.conversation.counsellor import Counsellor
from desktop_app.engine.climb import Laptop
from desktop_app.engine.load_markers import LoadMarkers
from desktop_app.engine.memory_estimate import shape_of
from desktop_app.engine.process import ChildEngine, Settings
from desktop_app.engine.sampling import sampling_from
from desktop_app.errors import ModelError, PathError
from desktop_app.models.library import SHIPPED, Model, find_model
from desktop_app.models.verify import verify_before_load
from desktop_app.paths import Paths


def checked_model(name: str | None, paths: Paths) -> Model:
    """Return the model `name` stands for (see `find_model`), checked; raises ModelError."""
    model = find_model(name, paths.models)
    return replace(model, header=verify_before_load(model))


@contextmanager
def engine_for(
    model: Model, paths: Paths, *, n_ctx: int | None = None, markers: LoadMarkers | None = None
) -> Iterator[ChildEngine]:
    """Give an engine for `model`, closed afterwards; its child starts at the first call."""
    wanted = n_ctx or model.context
    laptop = _laptop(model, paths)
    with (
        _workdir(paths) as workdir,
        ChildEngine(
            Settings(
                model.path,
                workdir,
                wanted,
                markers=markers,
                sha256=model.manifest.sha256,
                laptop=laptop,
            )
        ) as engine,
    ):
        yield engine


@contextmanager
def engine_without_model(paths: Paths) -> Iterator[ChildEngine]:
    """Give an engine that can be asked what it is made of, and nothing else."""
    with _workdir(paths) as workdir, ChildEngine(Settings(Path(), workdir)) as engine:
        yield engine


def _laptop(model: Model, paths: Paths) -> Laptop:
    """Return what the model's place on this machine is chosen by."""
    file = model.path.stat()
    header = model.header
    return Laptop(
        model=model.manifest.sha256 or f"{file.st_size}-{file.st_mtime_ns}",
        shape=None if header is None else shape_of(header.numbers, header.sizes),
        learned=paths.machine,
        small_model=find_model(None, paths.models).path,
    )


@contextmanager
def _workdir(paths: Paths) -> Iterator[Path]:
    """Give the current folder of the engine's child: one that nobody else writes.

    Where the app's folders cannot be written (a read-only disk) it is a private one of the
    system's, removed afterwards. The child writes nothing into either.
    """
    with ExitStack() as removed:
        try:
            folder = paths.engine_workdir()
        except PathError as error:
            # 0700, as mkdtemp(3) makes them.
            try:
                folder = Path(removed.enter_context(TemporaryDirectory(prefix="soulchat-engine-")))
            except OSError:  # nothing at all can be written: say it of the app's own folder
                raise error from None
        yield folder


@contextmanager
def counsellor_for(
    name: str | None,
    paths: Paths,
    *,
    markers: LoadMarkers | None = None,
    wished: bool = False,
    n_ctx: int | None = None,
) -> Iterator[Counsellor]:
    """Give a counsellor on the model `name` stands for; its engine is closed afterwards.

    Args:
        name: what `find_model` takes.
        paths: where it looks.
        markers: what earlier loads left; None looks at nothing and leaves nothing.
        wished: a person asked for this model just now; one that crashed while it was loaded at an
            earlier start is not loaded without.
        n_ctx: tokens of context; None is what the model is opened with by itself.

    Raises:
        ModelError: there is no such model, it is damaged, or it crashed.
    """
    if markers is not None:
        _refuse_after_crash(name, find_model(name, paths.models).path, markers, wished=wished)
    model = checked_model(name, paths)
    with engine_for(model, paths, n_ctx=n_ctx, markers=markers) as engine:
        yield Counsellor(
            engine,
            system=model.manifest.system,
            sampling=sampling_from(model.manifest.sampling),
        )


def _refuse_after_crash(
    name: str | None, path: Path, markers: LoadMarkers, *, wished: bool
) -> None:
    if wished:
        markers.forgive(path)
    elif markers.crashed(path):
        raise ModelError("model.crashed_while_loading", file=path.name, model=name or SHIPPED)
