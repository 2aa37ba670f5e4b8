"""Which model to use: the one that was named, else the one that ships."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

from desktop_app.errors import ModelError
from desktop_app.models.manifest import MANIFEST, Manifest, read_manifest

SHIPPED: Final = "soulchat-mini"


@dataclass(frozen=True, slots=True)
class Model:
    """A GGUF file on this machine and what is said about it."""

    path: Path
    manifest: Manifest


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
        return _model(shipped_folder() / f"{SHIPPED}.gguf")
    path = Path(name).expanduser()
    if path.is_file():
        return _model(path)
    for folder in (path, installed / name):
        if folder.is_dir():
            return _model(_only_gguf(folder))
    if path.suffix == ".gguf" or len(path.parts) > 1:
        raise ModelError("model.missing", path=path)
    raise ModelError("model.unknown_id", name=name)


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
