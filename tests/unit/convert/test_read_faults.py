"""A source that cannot be read midway: what is written stays right, and the next run goes on."""

from __future__ import annotations

import errno
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from convert.errors import ReadFaultError
from convert.gguf_header import first_difference
from convert.journal import Journal
from convert.positioned import PositionedFile
from convert.verify import _sha256_of
from convert.writer import file_sha256
from tests.support.convert_kills import convert_here, plan_in
from tests.support.convert_run import streamed
from tests.support.tiny_base import Shape, write_adapter, write_base

if TYPE_CHECKING:
    from collections.abc import Callable

READABLE = 30


def test_a_read_fault_names_the_tensor_of_the_base_and_the_same_command_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = Shape(layers=1)
    base = write_base(tmp_path / "base", shape)
    write_adapter(tmp_path / "adapter", shape)
    (tmp_path / "out").mkdir()
    undisturbed = streamed(plan_in(tmp_path)).read_bytes()
    out = tmp_path / "out" / "m.gguf"
    out.unlink()
    read, done = PositionedFile.read_at, []

    def failing(self: PositionedFile, offset: int, count: int) -> bytearray:
        done.append(offset)
        if len(done) > READABLE:
            raise OSError(errno.EIO, "Input/output error")
        return read(self, offset, count)

    with monkeypatch.context() as faulty:
        faulty.setattr(PositionedFile, "read_at", failing)
        with pytest.raises(ReadFaultError) as caught:
            convert_here(str(tmp_path))
    assert caught.value.values["path"] in (
        base / "model.safetensors",
        tmp_path / "adapter" / "adapter_model.safetensors",
    )
    assert str(caught.value.values["tensor"]) in caught.value.sentence()
    finished = Journal(out.with_name("m.gguf.journal")).finished()
    assert finished
    assert out.with_name("m.gguf.part").exists()
    convert_here(str(tmp_path))
    assert out.read_bytes() == undisturbed


def test_a_torn_line_of_the_journal_takes_no_other_line_with_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "m.gguf.journal")
    journal.begin("plan")
    journal.add("first", "1")
    with journal.path.open("ab") as file:
        file.write(b'{"tensor": "torn", "sha')
    journal.add("second", "2")
    journal.add("third", "3")
    assert journal.finished() == {"first": "1", "second": "2", "third": "3"}
    assert journal.belongs_to("plan")


@pytest.mark.skipif(sys.platform != "linux", reason="no file that cannot be read")
@pytest.mark.parametrize(
    "read",
    [file_sha256, lambda path: _sha256_of(path, 0, 8), lambda path: first_difference(b"x", path)],
)
def test_what_was_written_and_cannot_be_read_back_is_no_fault_of_ours(
    read: Callable[[Path], object],
) -> None:
    unreadable = Path("/proc/self/mem")  # its first page: EIO
    with pytest.raises(ReadFaultError) as caught:
        read(unreadable)
    assert caught.value.values["path"] == unreadable
