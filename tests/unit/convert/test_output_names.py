"""An output that would overwrite what it is made of, or its own card."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.convert_run import converted, refused
from tests.support.tiny_base import Shape, write_adapter, write_base

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = Shape(layers=1)


@pytest.mark.parametrize("command", ["plan", "run"])
@pytest.mark.parametrize(
    "name",
    [
        *("base/model.safetensors", "base/tokenizer.json", "base/config.json"),
        *("adapter/adapter_model.safetensors", "adapter/adapter_config.json"),
    ],
)
def test_an_output_that_is_a_source_is_refused(command: str, name: str, tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", SHAPE)
    adapter = write_adapter(tmp_path / "adapter", SHAPE)
    out = tmp_path / name
    before = out.read_bytes()
    sentence = refused(command, base, "--adapter", adapter, "--out", out, "--quant", "F16")
    assert "overwritten" in sentence
    assert out.read_bytes() == before


def test_an_output_that_is_the_corpus_is_refused(tmp_path: Path) -> None:
    base, corpus = write_base(tmp_path / "base", SHAPE), tmp_path / "corpus.jsonl"
    corpus.write_text('{"id": 1, "messages": [{"role": "client", "content": "x"}]}\n')
    before = corpus.read_bytes()
    run = ("--out", corpus, "--quant", "F16", "--calibration", corpus)
    assert "overwritten" in refused("run", base, *run)
    assert corpus.read_bytes() == before


def test_a_link_to_a_source_is_refused(tmp_path: Path) -> None:
    base, out = write_base(tmp_path / "base", SHAPE), tmp_path / "m.gguf"
    out.symlink_to(base / "model.safetensors")
    assert "overwritten" in refused("run", base, "--out", out, "--quant", "F16")
    assert out.is_symlink()


def test_a_source_that_is_a_link_is_refused_where_it_lies(tmp_path: Path) -> None:
    base, out = write_base(tmp_path / "base", SHAPE), tmp_path / "blob"
    (base / "model.safetensors").rename(out)
    (base / "model.safetensors").symlink_to(out)
    assert "overwritten" in refused("run", base, "--out", out, "--quant", "F16")


@pytest.mark.parametrize("name", ["model.json", "Model.json", "model.json.part"])
def test_an_output_with_the_name_of_its_card_is_refused(name: str, tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", SHAPE)
    assert name in refused("run", base, "--out", tmp_path / name, "--quant", "F16")
    assert {path.name for path in tmp_path.iterdir()} == {"base"}


def test_an_older_output_beside_the_base_is_overwritten_as_asked(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", SHAPE)
    for quant in ("F16", "Q8_0"):
        run = ("--out", base / "m.gguf", "--quant", quant, "--verify", "none")
        assert converted("run", base, *run)["card"]["quantisation"] == quant
