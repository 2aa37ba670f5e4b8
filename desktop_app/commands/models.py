"""`soulchat models`: which models are here, which would suit, getting, checking, removing them."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from desktop_app import settings
from desktop_app.commands.models_get import get, look_up, source_of
from desktop_app.commands.output import print_json, speak, tell
from desktop_app.errors import KnownError, ModelError
from desktop_app.models import install
from desktop_app.models.catalogue import Entry, catalogue, find_entry, keep_pins
from desktop_app.models.ledger import connections
from desktop_app.models.library import (
    Damaged,
    Model,
    damaged_models,
    id_of,
    installed_models,
    shipped_model,
    stands_for,
)
from desktop_app.models.machine import this_machine
from desktop_app.models.recommend import recommend
from desktop_app.models.verify import Whole, verify_whole
from desktop_app.paths import Paths, expanded
from desktop_app.settings import Settings
from resources.messages import language, sentence
from resources.processor import physical_cores
from resources.sizes import megabytes


def run_models(arguments: argparse.Namespace, paths: Paths, chosen: Settings) -> None:
    """Do what `soulchat models …` asks for.

    Raises:
        KnownError: it cannot be done; nothing half done is left.
    """
    match arguments.models:
        case "list":
            _list(paths, chosen, as_json=arguments.json)
        case "recommend":
            _recommend(paths, as_json=arguments.json)
        case "get":
            get(arguments, paths, chosen)
        case "pin":
            _pin(arguments, paths, chosen)
        case "add":
            _add(arguments, paths)
        case "verify":
            _verify(arguments, paths)
        case "remove":
            _remove(arguments.id, paths, chosen)
        case "connections":
            _connections(paths, as_json=arguments.json)


def _here(paths: Paths) -> list[Model]:
    return [shipped_model(), *installed_models(paths.models)]


def _list(paths: Paths, chosen: Settings, *, as_json: bool) -> None:
    here, offered = _here(paths), catalogue(paths.models)
    damaged = damaged_models(paths.models)
    in_use = {id_of(each) for each in here if stands_for(chosen.model, each, paths.models)}
    if as_json:
        print_json(
            {
                "installed": [{**_plain(each), "in_use": id_of(each) in in_use} for each in here],
                "damaged": [_plain_damaged(each) for each in damaged],
                "catalogue": [_plain_entry(each) for each in offered],
            }
        )
        return
    speak(sentence("models.installed"))
    for each in here:
        mark = sentence("models.mark_in_use") if id_of(each) in in_use else ""
        size = megabytes(each.path.stat().st_size)
        speak(sentence("models.row", id=id_of(each), size=size, mark=mark))
    for lost in damaged:
        size, why = megabytes(lost.size), lost.why.in_terminal()
        speak(sentence("models.row_damaged", id=lost.id, size=size, why=why))
    speak(sentence("models.offered"))
    for entry in offered:
        speak(sentence("models.offered_row", id=entry.id, facts=entry.facts, about=entry.purpose))


def _recommend(paths: Paths, *, as_json: bool) -> None:
    machine = this_machine(physical_cores(), paths.models)
    have = [id_of(each) for each in installed_models(paths.models)]
    found = recommend(catalogue(paths.models), machine, language(), have)
    if as_json:
        print_json(
            {
                "recommended": found.entry and found.entry.id,
                "reason": found.reason,
                "memory_bytes": machine.memory,
                "physical_cores": machine.cores,
                "free_disk_bytes": machine.disk,
            }
        )
        return
    speak(found.reason)
    if found.entry is not None:
        tell(sentence("models.get_it", id=found.entry.id))


def _pin(arguments: argparse.Namespace, paths: Paths, chosen: Settings) -> None:
    """Look models up and keep which file at which revision that is; one that fails is told."""
    named = [find_entry(each, paths.models) for each in arguments.ids]
    source, failed = source_of(arguments, chosen), None
    pins = {}
    for entry in named or catalogue():
        try:
            pins[entry.id] = look_up(entry, source, paths, reason="pin")
        except KnownError as error:
            failed = failed or error
            tell(f"{entry.id}: {error.in_terminal()}")
    if pins:
        keep_pins(paths.models, pins)
    for name, pin in pins.items():
        speak(sentence("models.pinned", id=name, revision=pin.revision, sha256=pin.sha256))
    if failed is not None:
        raise failed


def _add(arguments: argparse.Namespace, paths: Paths) -> None:
    model = install.add(expanded(arguments.file), paths.models)
    speak(sentence("models.added", id=id_of(model)))


def _verify(arguments: argparse.Namespace, paths: Paths) -> None:
    """Check one model, or all of them; raises the first thing that is wrong, after all are done."""
    found: dict[str, Whole | KnownError] = {}
    for each in _named(arguments.id, paths):
        found[_id(each)] = _verified(each)
    wrong = [each for each in found.values() if isinstance(each, KnownError)]
    if arguments.json:
        states = {
            name: each.key if isinstance(each, KnownError) else each for name, each in found.items()
        }
        print_json(states)
    for name, outcome in found.items():
        if not isinstance(outcome, KnownError):
            tell(sentence(f"models.verified_{outcome}", id=name))
    for each_wrong in wrong[1:]:
        tell(each_wrong)
    if wrong:
        raise wrong[0]


def _verified(model: Model | Damaged) -> Whole | KnownError:
    if isinstance(model, Damaged):
        return model.why
    try:
        return verify_whole(model)
    except KnownError as error:
        return error


def _id(model: Model | Damaged) -> str:
    return model.id if isinstance(model, Damaged) else id_of(model)


def _named(name: str | None, paths: Paths) -> Iterable[Model | Damaged]:
    here: list[Model | Damaged] = [*_here(paths), *damaged_models(paths.models)]
    if name is None:
        return here
    found = [each for each in here if _id(each) == name]
    if not found:
        raise ModelError("model.not_installed", name=name)
    return found


def _remove(name: str, paths: Paths, chosen: Settings) -> None:
    was_chosen = chosen.model == name or any(
        id_of(each) == name and stands_for(chosen.model, each, paths.models)
        for each in installed_models(paths.models)
    )
    freed = install.remove(name, paths.models)
    if was_chosen:
        settings.write(paths.settings, replace(chosen, model=None))
        tell(sentence("models.shipped_from_now"))
    speak(sentence("models.removed", id=name, size=megabytes(freed)))


def _connections(paths: Paths, *, as_json: bool) -> None:
    made = connections(paths.connections)
    if as_json:
        print_json({"connections": [asdict(each) for each in made]})
    elif not made:
        speak(sentence("models.no_connections"))
    for each in () if as_json else made:
        speak(each.told)


def _plain(model: Model) -> dict[str, Any]:
    manifest = model.manifest
    return {
        "id": id_of(model),
        "name": manifest.name,
        "path": str(model.path),
        "bytes": model.path.stat().st_size,
        "sha256": manifest.sha256,
        "licence": manifest.licence,
        "context": manifest.context,
        "quantisation": manifest.quantisation,
        "repository": manifest.repository,
        "revision": manifest.revision,
    }


def _plain_damaged(model: Damaged) -> dict[str, Any]:
    return {
        "id": model.id,
        "path": str(model.folder),
        "bytes": model.size,
        "error": model.why.key,
    }


def _plain_entry(entry: Entry) -> dict[str, Any]:
    plain = asdict(entry)
    return {**plain, "about": entry.purpose, "sampling": dict(entry.sampling)}
