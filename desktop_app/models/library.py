"""Which model to use: the one that was named, else the one that ships."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

from desktop_app.errors import ModelError
from desktop_app.models.header import Header
from desktop_app.models.manifest import MANIFEST, Manifest, read_manifest

SHIPPED: Final = "soulchat-mini"
CONTEXT: Final = 8192
"""Tokens a model is opened with unless its maker says otherwise: all that it was trained for would
fill the memory of a laptop (32,768 tokens of a 7 B model take 1.8 GB)."""


@dataclass(frozen=True, slots=True)
class Model:
    """A GGUF file on this machine and what is said about it."""

    path: Path
    manifest: Manifest
    header: Header | None = None
    """What the file says itself, once it has been checked."""

    @property
    def context(self) -> int | None:
        """Tokens it is opened with; None where neither its maker nor the file says."""
        trained = None if self.header is None else self.header.context
        return self.manifest.context or (trained and min(trained, CONTEXT))


def find_model(name: str | None, installed: Path) -> Model:
    """Return the model `name` stands for.

    Args:
        name: a GGUF file, a folder that holds one, the id of an installed model, or None for
            the model that ships.
        installed: the folder of installed models, one folder each.

    Raises:
        ModelError: there is no such model, or its manifest is broken.
    """
    if name is None or name == SHIPPED:
        return shipped_model()
    path = Path(name).expanduser()
    if path.is_file():
        return _model(path)
    for folder in (path, installed / name):
        if folder.is_dir():
            return _model(_only_gguf(folder))
    if path.suffix == ".gguf" or len(path.parts) > 1:
        raise ModelError("model.missing", path=path)
    raise ModelError("model.unknown_id", name=name)


def stands_for(name: str | None, model: Model, installed: Path) -> bool:
    """Tell whether `find_model` would return this model for `name`, in whatever way it says so."""
    try:
        return find_model(name, installed).path.resolve() == model.path.resolve()
    except ModelError:
        return False


def installed_models(installed: Path) -> list[Model]:
    """Return what is in the folder of installed models, by id; what is no model is passed over."""
    found = []
    for folder in sorted(installed.glob("[!.]*")):
        with suppress(ModelError):
            if folder.is_dir():
                found.append(_model(_only_gguf(folder)))
    return found


def shipped_model() -> Model:
    """Return the model that ships."""
    return _model(shipped_folder() / f"{SHIPPED}.gguf")


def id_of(model: Model) -> str:
    """Return what `find_model` calls a model that ships or is installed."""
    shipped = model.path.parent == shipped_folder()
    return SHIPPED if shipped else model.path.parent.name


def shipped_folder() -> Path:
    """Return the folder of the model that ships."""
    return Path(str(resources.files("resources"))) / "models"


def _only_gguf(folder: Path) -> Path:
    found = sorted(folder.glob("*.gguf"))
    if len(found) != 1:
        raise ModelError("model.not_one", path=folder, count=len(found))
    return found[0]


def _model(path: Path) -> Model:
    beside = path.parent / MANIFEST
    if beside.is_file():
        manifest = read_manifest(beside)
        if manifest.file == path.name:
            return Model(path, manifest)
    return Model(path, Manifest(name=path.stem, file=path.name))
