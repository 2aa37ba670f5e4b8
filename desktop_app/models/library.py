"""Which model to use: the one that was named, else the one that ships."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

from desktop_app.errors import ModelError
from desktop_app.models.header import Header
from desktop_app.models.manifest import MANIFEST, Manifest, manifest_beside, read_manifest
from desktop_app.paths import expanded

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


@dataclass(frozen=True, slots=True)
class Damaged:
    """What is installed as a model and cannot be used: it keeps its room until it is removed."""

    folder: Path
    why: ModelError

    @property
    def id(self) -> str:
        """What it was called while it could be used, and can be removed by."""
        return self.folder.name

    @property
    def size(self) -> int:
        """Bytes that removing it would free."""
        return folder_size(self.folder)


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
    if not name:  # as a path it would be the current folder
        raise ModelError("model.unknown_id", name=name)
    # Before what happens to be called so in the current folder: that can be said as ./name.
    if name in {each.name for each in installed_folders(installed)}:
        return _model(_only_gguf(installed / name))
    path = expanded(Path(name))
    if path.is_file():
        return _own(path)
    if path.is_dir():
        return _own(_only_gguf(path))
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
    """Return the installed models that can be used, by id; see `damaged_models` for the others."""
    found = []
    for folder in installed_folders(installed):
        with suppress(ModelError):
            found.append(_model(_only_gguf(folder)))
    return found


def damaged_models(installed: Path) -> list[Damaged]:
    """Return the installed models that cannot be used, by id; a folder without one is passed over.

    What only reading all of a file would show is not noticed here.
    """
    found = []
    for folder in installed_folders(installed):
        try:
            if any(folder.glob("*.gguf")) or _lies_there(folder / MANIFEST):
                _model(_only_gguf(folder))
        except ModelError as error:
            found.append(Damaged(folder, error))
    return found


def installed_folders(installed: Path) -> list[Path]:
    """Return the folders of installed models, in the order of their ids, which are their names."""
    return [each for each in sorted(installed.glob("[!.]*")) if each.is_dir()]


def folder_size(folder: Path) -> int:
    """Return the bytes of all files in a folder that can be looked at, and do not go meanwhile."""
    size = 0
    for inner, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                size += Path(inner, name).stat().st_size
    return size


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


def _own(path: Path) -> Model:
    """Return a person's own file: of what lies beside it, only what is about it counts."""
    return Model(path, manifest_beside(path) or Manifest(name=path.stem, file=path.name))


def _model(path: Path) -> Model:
    """Return a model in a folder of ours: whatever manifest is there was written by us."""
    beside = path.parent / MANIFEST
    if _lies_there(beside):
        manifest = read_manifest(beside)
        if manifest.file == path.name:
            return Model(path, manifest)
    return Model(path, Manifest(name=path.stem, file=path.name))


def _lies_there(file: Path) -> bool:
    try:
        return file.is_file()
    except OSError as error:  # in a folder of somebody else's
        raise ModelError("model.unreadable", file=file.parent.name) from error
