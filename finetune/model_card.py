"""The model card: what the model is, is not, was made of and reached, from `model.json`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

from finetune.files import replaced


def write_model_card(folder: Path, report: dict[str, Any]) -> None:
    """Write `MODEL_CARD.md` into the folder that holds the model and its `model.json`."""
    manifest = json.loads((folder / "model.json").read_text("utf-8"))
    run = manifest["run"]
    recipe, base = run["recipe"], run["base"]["metrics"]
    template = resources.files("finetune").joinpath("model_card.md").read_text("utf-8")
    text = Template(template).substitute(
        name=manifest["name"],
        file=manifest["file"],
        mebibytes=round(manifest["bytes"] / 2**20, 1),
        sha256=manifest["sha256"],
        quantisation=manifest["quantisation"],
        context=manifest["context"],
        licence=manifest["licence"],
        shape=", ".join(f"{k} {v}" for k, v in recipe["shape"].items()),
        parameters=f"{run['base']['parameters'] / 1e6:.1f}",
        device=run["metrics"]["device"],
        dialogues=run["dialogues"],
        held_out=run["held_out_dialogues"],
        base_tokens=f"{base['tokens']:,}",
        base_hours=round(base["seconds"] / 3600, 2),
        base_loss=round(base["held_out_loss"], 3),
        adapter_tokens=f"{run['metrics']['tokens']:,}",
        adapter_loss=round(run["metrics"]["held_out_loss"], 3),
        turns=report["turns"],
        questions=report["questions"],
        figures=_table(_figures(report)),
        steering=_table(_steering(report)),
        parity=_table([(k, _short(v)) for k, v in _flat(manifest["parity"])]),
        faults=_table([(k, _short(v)) for k, v in _flat(report["faults_cleaned"])]),
    )
    with replaced(folder / "MODEL_CARD.md") as file:
        file.write(text.encode())


def _figures(report: dict[str, Any]) -> list[tuple[str, ...]]:
    overlap = report["overlap"]
    rows: list[tuple[str, ...]] = [
        (
            name,
            _short(value),
            "{}–{}".format(*overlap["interval_95"][name]),
            _short(overlap["floor_random_pair"][name]),
            _short(overlap["floor_one_sentence"][name]),
        )
        for name, value in overlap["scores"].items()
    ]
    rows.append(("sacrebleu zh", _short(overlap["sacrebleu_zh"]), "", "", ""))
    rows += [(k, _short(v), "", "", "") for k, v in _flat(report["surface"])]
    rows += [(k, _short(v), "", "", "") for k, v in _flat(report["likelihood"])]
    return [("", "model", "95 %", "random pair", "one sentence"), *rows]


def _steering(report: dict[str, Any]) -> list[tuple[str, ...]]:
    head = ("strategy", "unasked", "asked")
    return [
        head,
        *((k, _short(v["unasked"]), _short(v["asked"])) for k, v in report["steering"].items()),
    ]


def _flat(values: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for key, value in values.items():
        if isinstance(value, dict):
            rows += _flat(value, f"{prefix}{key}: ")
        else:
            rows.append((prefix + key, value))
    return rows


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _table(rows: Sequence[Sequence[str]]) -> str:
    width = len(rows[0]) if rows else 0
    if rows and rows[0][0]:
        rows = [[""] * width, *rows] if width == 2 else rows
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]]) if lines else ""
