"""An object with one long list is read as Python's own reader reads it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from convert.errors import BaseModelError
from convert.long_json import read_with_list

if TYPE_CHECKING:
    from pathlib import Path

VALUE: dict[str, Any] = {
    "merges": ["not this one"],
    "model": {"type": "BPE", "vocab": {"a": 0, "你": 1}, "merges": [["a", "你"], "b c", [], 1]},
    "last": [{}, [], None, True, 1.5, "\n\u2028"],
}


def read(tmp_path: Path, text: str) -> dict[str, Any]:
    (tmp_path / "long.json").write_text(text, encoding="utf-8")
    return read_with_list(tmp_path / "long.json", ("model", "merges"), list)


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_it_reads_what_the_whole_reader_reads(
    indent: int | None, ascii_only: bool, tmp_path: Path
) -> None:
    text = json.dumps(VALUE, indent=indent, ensure_ascii=ascii_only)
    assert read(tmp_path, f" \r\n{text}\n") == VALUE


@pytest.mark.parametrize(
    "value",
    [{}, {"model": None}, {"model": []}, {"model": {}}, {"model": {"merges": {"a": []}}}],
    ids=str,
)
def test_what_is_no_list_stays_as_it_is(value: dict[str, Any], tmp_path: Path) -> None:
    assert read(tmp_path, json.dumps(value)) == value


@pytest.mark.parametrize(
    "damage",
    ["", "[]", "{", "{}}", '{"a" 1}', '{"a": 1,}', "{1: 2}", '{"a": 1 "b": 2}', '{"a": tru}']
    + [f'{{"model": {{"merges": {end}' for end in ("", "[", "[1", "[1,]}}", "[1 2]}}", "[}}")],
)
def test_damage_is_told_as_such(damage: str, tmp_path: Path) -> None:
    with pytest.raises(BaseModelError) as caught:
        read(tmp_path, damage)
    assert caught.value.key == "convert.json_damaged"


def test_every_beginning_of_a_file_is_damaged(tmp_path: Path) -> None:
    text = json.dumps(VALUE, indent=1)
    for end in range(len(text)):
        with pytest.raises(BaseModelError):
            read(tmp_path, text[:end])
