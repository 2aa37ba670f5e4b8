"""The GGUF header reader: right on good files, a HeaderError on every other."""

from __future__ import annotations

import struct
from pathlib import Path

import gguf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desktop_app.models.header import BLOCKS, MOST_BYTES, MOST_NUMBERS, HeaderError, read_header
from tests.support.engine_tiny import CHATML


def test_it_reads_what_the_file_says(tiny_model: Path) -> None:
    header = read_header(tiny_model)

    reader = gguf.GGUFReader(tiny_model)
    assert header.version == 3
    assert header.template == CHATML
    assert header.tensors == len(reader.tensors)


def test_the_end_of_the_last_tensor_is_the_end_of_the_file(tiny_model: Path) -> None:
    size = tiny_model.stat().st_size

    assert size - 32 < read_header(tiny_model).end <= size


@pytest.mark.parametrize("kind", list(gguf.GGMLQuantizationType), ids=lambda kind: kind.name)
def test_block_sizes_are_ggmls_own(kind: gguf.GGMLQuantizationType) -> None:
    assert BLOCKS.get(int(kind), gguf.GGML_QUANT_SIZES[kind]) == gguf.GGML_QUANT_SIZES[kind]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GGU",
        b"GGML" + bytes(60),
        b"GGUF" + struct.pack("<IQQ", 99, 0, 0),
        b"GGUF" + struct.pack("<IQQ", 3, 2**63, 2**63),
        b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 2**62),
        b"GGUF" + struct.pack("<IQQQ1sI", 3, 0, 1, 1, b"k", 77),
        b"GGUF" + struct.pack("<IQQQ1sIIQ", 3, 0, 1, 1, b"k", 9, 6, 2**61),
    ],
    ids=["empty", "short", "magic", "version", "counts", "string", "type", "array"],
)
def test_what_is_no_header_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(content)

    with pytest.raises(HeaderError):
        read_header(path)


@pytest.mark.parametrize(("context", "read"), [(4096, 4096), (-5, None), (0, None)])
def test_a_context_that_no_model_has_counts_as_not_said(
    tmp_path: Path, context: int, read: int | None
) -> None:
    key = b"x.context_length"
    value = struct.pack(f"<Q{len(key)}sIi", len(key), key, 5, context)
    path = tmp_path / "x.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + value)

    assert read_header(path).context == read


def test_a_list_without_end_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """16 MB of empty strings; a file as large as a model would hold hours of them."""
    path = tmp_path / "x.gguf"
    count = MOST_NUMBERS
    path.write_bytes(
        b"GGUF" + struct.pack("<IQQQ1sIIQ", 3, 0, 1, 1, b"k", 9, 8, count) + bytes(8 * count)
    )

    with pytest.raises(HeaderError):
        read_header(path)


def test_a_string_as_long_as_a_model_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQQ1sIQ", 3, 0, 1, 1, b"k", 8, MOST_BYTES))
    with path.open("r+b") as file:
        file.truncate(2 * MOST_BYTES)

    with pytest.raises(HeaderError):
        read_header(path)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_header_with_changed_bytes_is_read_or_refused(
    tiny_model: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(tiny_model.read_bytes()[:12000])
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("fuzz") / "x.gguf"
    path.write_bytes(content)

    try:
        header = read_header(path)
    except HeaderError:
        return
    assert header.version in (2, 3)
