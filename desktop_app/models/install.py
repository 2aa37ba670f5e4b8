"""Taking a model file in: checked, copied where it is a person's own, and named last of all.

An installed model is a folder with `model.gguf` and `model.json`. It gets its name when both are
whole and on the disk, so whatever ends this in between leaves no model that is half there. A
person's own file is copied, not referred to: it may lie on a stick, and what is used must be what
was checked. `model.gguf` is the same name for all of them, so however long or in whatever script a
file was named, its path here is short.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

from desktop_app.atomic_file import sync_file, sync_folder, write_atomically
from desktop_app.errors import ModelError
from desktop_app.models.header import Header, HeaderError, read_header
from desktop_app.models.library import (
    CONTEXT,
    SHIPPED,
    Model,
    folder_size,
    id_of,
    installed_folders,
    installed_models,
)
from desktop_app.models.machine import SPARE_DISK, free_disk
from desktop_app.models.manifest import FORMAT, MANIFEST, manifest_beside, read_manifest
from desktop_app.paths import private_folder
from resources.file_lock import FileLock
from resources.sizes import megabytes
from resources.system_errors import reason_of

MODEL: Final = "model.gguf"
LONGEST_ID: Final = 60
"""Characters; at most 240 bytes, where a name may have 255."""
CHUNK: Final = 2**20
COPY: Final = "copy"
NEW: Final = ".new"
PARTS: Final = ".parts"
"""What is still coming, by its SHA-256; a leading dot is not a model."""

Progress = Callable[[int, int], None]
"""Called with the bytes done and those of all; what it raises ends the work."""


def _nobody(_done: int, _total: int) -> None:
    """Hear of no progress."""


def add(path: Path, installed: Path, progress: Progress = _nobody) -> Model:
    """Copy a GGUF file of the person's, with the `model.json` beside it, if there is one for it.

    One that is here and lacks nothing but its manifest has one then, and keeps its id.

    Raises:
        ModelError: it is no model that could be used, it is here already, or there is no room;
            nothing is changed.
        PathError: the folder of models cannot be made.
    """
    manifest = _manifest_beside(path)
    shown = Path(_readable(path.name))
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for
            raise ModelError("model.not_gguf", file=shown.name)
        size = path.stat().st_size
        _checked_header(path, shown.name, size)
        private_folder(installed.parent)
        parts = private_folder(private_folder(installed) / PARTS)
        part = parts / COPY
        with _alone(parts), _gone_afterwards(part):
            check_room(size, parts)
            found = _copy(path, part, size, progress)
            if manifest.get("sha256") not in (None, found):
                raise ModelError("model.damaged", file=shown.name)
            for each in installed_models(installed):
                if each.manifest.sha256 == found:
                    raise ModelError("model.here_already", id=each.path.parent.name)
            name = _mended(found, size, installed) or free_id(shown.stem, installed)
            return settle(part, name, installed, {"name": shown.stem, **manifest}, sha256=found)
    except OSError as error:
        raise ModelError("model.not_copied", file=shown.name, reason=reason_of(error)) from error


def settle(
    part: Path, name: str, installed: Path, manifest: Mapping[str, Any], *, sha256: str
) -> Model:
    """Make `part`, whose SHA-256 is known to be right, the installed model `name`.

    Raises:
        ModelError: it is no GGUF model, or has no chat template.
        OSError: the disk refuses.
    """
    size = part.stat().st_size
    header = _checked_header(part, manifest.get("name") or name, size)
    assert header.template is not None
    plain = {
        **manifest,
        "context": manifest.get("context") or (header.context and min(header.context, CONTEXT)),
        "format": FORMAT,
        "file": MODEL,
        "sha256": sha256,
        "bytes": size,
        "template_sha256": hashlib.sha256(header.template.encode()).hexdigest(),
    }
    new = installed / PARTS / f"{name}{NEW}"
    with suppress(FileNotFoundError):
        shutil.rmtree(new)  # left by a crash
    new.mkdir(mode=0o700)
    text = json.dumps(plain, ensure_ascii=False, indent=1) + "\n"
    write_atomically(new / MANIFEST, text.encode())
    with part.open("rb") as file:
        sync_file(file.fileno())
    part.rename(new / MODEL)
    sync_folder(new)
    final = installed / name
    if final.exists():  # the same model anew: the old one goes when the new one is whole
        _set_aside(final)
    new.rename(final)
    sync_folder(installed)
    return Model(final / MODEL, read_manifest(final / MANIFEST))


def remove(name: str, installed: Path) -> int:
    """Remove an installed model; return how many bytes that frees.

    Raises:
        ModelError: it is the one that ships, there is none of that name, or the disk refuses.
    """
    if name == SHIPPED:
        raise ModelError("model.ships")
    # Looked for among those that are there: joined to a path, some names mean another folder.
    folder = next((each for each in installed_folders(installed) if each.name == name), None)
    if folder is None:
        raise ModelError("model.not_installed", name=name)
    try:
        size = folder_size(folder)
        _set_aside(folder)
    except OSError as error:
        raise ModelError("model.not_removed", name=name, reason=reason_of(error)) from error
    return size


def check_room(size: int, folder: Path) -> None:
    """Check that `size` more bytes fit where `folder` is, and leave room for what is said.

    Raises:
        ModelError: they do not; it says how much is missing.
    """
    free, needed = free_disk(folder), size + SPARE_DISK
    if free is not None and free < needed:
        raise ModelError("model.no_room", missing=megabytes(needed - free))


def sha256_of(file: BinaryIO, size: int, progress: Progress = _nobody) -> str:
    """Return the SHA-256 of an open file, telling how far it is."""
    digest, done = hashlib.sha256(), 0
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        done += len(chunk)
        progress(done, size)
    return digest.hexdigest()


def free_id(stem: str, installed: Path) -> str:
    """Return a folder's name for a model: that of its file, unless it is long, odd or taken."""
    kept = "".join(
        each if each.isalnum() or each in "-_." else "-"
        for each in unicodedata.normalize("NFC", stem)
    )
    name = kept.strip("-.")[:LONGEST_ID].rstrip("-.") or "model"
    taken = (name, *(f"{name}-{number}" for number in range(2, 10_000)))
    return next(each for each in taken if each != SHIPPED and not (installed / each).exists())


def _mended(sha256: str, size: int, installed: Path) -> str | None:
    """Return the id under which these bytes are here without a manifest that knows them."""
    known = {id_of(each) for each in installed_models(installed) if each.manifest.sha256}
    for folder in installed_folders(installed):
        files = list(folder.glob("*.gguf"))
        if folder.name in known or [each.name for each in files] != [MODEL]:
            continue
        with suppress(OSError):  # somebody else's
            if files[0].stat().st_size == size:
                with files[0].open("rb") as file:
                    if sha256_of(file, size) == sha256:
                        return folder.name
    return None


def _copy(path: Path, part: Path, size: int, progress: Progress) -> str:
    """Copy a file and return the SHA-256 of what was written."""
    digest, done = hashlib.sha256(), 0
    with path.open("rb") as source, part.open("wb") as target:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            target.write(chunk)
            done += len(chunk)
            progress(done, size)
    return digest.hexdigest()


def _readable(name: str) -> str:
    """Return a file's name as text: a system that takes any bytes for one has more than that."""
    return os.fsencode(name).decode("utf-8", "replace")


def _checked_header(path: Path, name: str, size: int) -> Header:
    """Return the header of a file that is a whole model with a chat template."""
    try:
        header = read_header(path)
    except HeaderError as error:
        raise ModelError("model.not_gguf", file=name) from error
    except FileNotFoundError as error:
        raise ModelError("model.missing", path=path) from error
    if header.parts > 1:  # it is copied alone, and llama.cpp loads none without the others
        raise ModelError("model.in_parts", file=name, part=header.part, parts=header.parts)
    if size < header.end:
        raise ModelError("model.truncated", file=name, size=size, expected=header.end)
    if header.template is None:
        raise ModelError("model.no_template", file=name)
    _check_template(header.template, name)
    return header


def _check_template(template: str, name: str) -> None:
    """Check that a chat template is Jinja, without running any of it.

    Compiling would run some: what is constant is computed then.
    """
    from resources.chat_templates import chat_environment  # noqa: PLC0415 - no start needs Jinja

    try:
        chat_environment().parse(template)
    except Exception as error:  # a foreign text: a number of many digits is a ValueError
        raise ModelError("model.template_broken", file=name) from error


def _manifest_beside(path: Path) -> dict[str, Any]:
    """Return the `model.json` that lies beside a file and names it; checked, as a plain object."""
    if manifest_beside(path) is None:
        return {}
    plain: dict[str, Any] = json.loads((path.parent / MANIFEST).read_bytes())
    return plain


def _set_aside(folder: Path) -> None:
    """Take a model's name away at once, then its files, however long that takes."""
    aside = private_folder(folder.parent / PARTS) / f"{folder.name}.old"
    if aside.exists():
        shutil.rmtree(aside)
    folder.rename(aside)
    sync_folder(folder.parent)
    shutil.rmtree(aside)


@contextmanager
def _alone(parts: Path) -> Iterator[None]:
    """Hold off other copies, and remove what killed ones and killed removals left."""
    try:
        held = FileLock(parts / f"{COPY}.lock")
    except BlockingIOError:
        raise ModelError("model.copying") from None
    with held:
        for left in parts.glob("*.old"):
            shutil.rmtree(left, ignore_errors=True)
        (parts / COPY).unlink(missing_ok=True)
        yield


@contextmanager
def _gone_afterwards(part: Path) -> Iterator[None]:
    try:
        yield
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
