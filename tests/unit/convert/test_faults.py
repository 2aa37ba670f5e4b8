"""Whatever goes wrong midway: a sentence, no part file, the older output as it was."""

from __future__ import annotations

import errno
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from convert import ggml
from convert.child import in_child
from convert.errors import VerificationError, WorkerError
from convert.mixtures import Mixture
from convert.plan import Plan, make_plan
from convert.verify import check_structure, check_weights
from resources.errors import BugError, place_of
from tests.support.convert_run import converted, refused
from tests.support.tiny_base import Shape, read_json, write_base, write_json

SHAPE = Shape(layers=1)


def test_a_full_disk_is_a_sentence_with_both_numbers(tmp_path: Path) -> None:
    """A real tmpfs, mounted in a mount namespace of the child's own."""
    base = write_base(tmp_path / "base", SHAPE)
    disk = tmp_path / "disk"
    disk.mkdir()
    script = (
        f"mount -t tmpfs -o size=200k none {disk} && echo old > {disk}/m.gguf && "
        f"{sys.executable} -m convert.cli run {base} --out {disk}/m.gguf --quant F16 --lang en; "
        f"echo code $?; ls {disk}; cat {disk}/m.gguf"
    )
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "code 1\nm.gguf\nold\n", done
    assert "Not enough space" in done.stderr


@pytest.mark.parametrize("more", [0, 1], ids=["journal", "card"])
def test_a_disk_that_holds_the_file_but_not_what_belongs_to_it_leaves_both_as_they_were(
    more: int, tmp_path: Path
) -> None:
    """A real tmpfs, so large that the last page is taken by the GGUF's part, or its journal."""
    base = write_base(tmp_path / "base", SHAPE)
    disk = tmp_path / "disk"
    disk.mkdir()
    out = disk / "m.gguf"
    pages = -(-converted("plan", base, "--out", out, "--quant", "F16")["bytes"] // 4096)
    old = 2  # pages: the older m.gguf and its model.json
    script = (
        f"mount -t tmpfs -o size={4 * (pages + old + more)}k none {disk} && cd {disk} && "
        'echo old > m.gguf && echo \'{"file": "m.gguf"}\' > model.json && '
        f"{sys.executable} -m convert.cli run {base} --out {out} --quant F16 "
        "--verify none --lang en; echo code $?; ls; cat m.gguf model.json"
    )
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == 'code 1\nm.gguf\nmodel.json\nold\n{"file": "m.gguf"}\n', done
    assert "0 are free" in done.stderr


@pytest.mark.parametrize("card", ['{"file": "first.gguf"}', "[]", "{", None], ids=str)
def test_the_card_of_another_model_is_not_overwritten(card: str | None, tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", SHAPE)
    file = tmp_path / "model.json"
    if card is None:
        file.mkdir()
    else:
        file.write_text(card, encoding="utf-8")
    sentence = refused("run", base, "--out", tmp_path / "second.gguf", "--quant", "F16")
    assert "model.json" in sentence
    assert "second.gguf" in sentence
    assert card is None or file.read_text(encoding="utf-8") == card
    assert {path.name for path in tmp_path.iterdir()} == {"base", "model.json"}


def test_an_older_output_survives_a_refusal(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", SHAPE)
    out = tmp_path / "m.gguf"
    converted("run", base, "--out", out, "--quant", "Q8_0", "--verify", "none")
    before = out.read_bytes()
    change = read_json(base / "tokenizer.json")
    change["added_tokens"][1]["lstrip"] = True  # llama.cpp has no such flag for BPE
    write_json(base / "tokenizer.json", change)
    sentence = refused("run", base, "--out", out, "--quant", "Q8_0")
    assert "differently" in sentence
    assert out.read_bytes() == before
    assert not out.with_name("m.gguf.part").exists()


@pytest.fixture
def converting(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int, Path]]:
    """A conversion held midway by a corpus nobody has written yet: (process, pipe, output)."""
    base = write_base(tmp_path / "base", SHAPE)
    corpus, out = tmp_path / "corpus.jsonl", tmp_path / "m.gguf"
    os.mkfifo(corpus)
    command = [sys.executable, "-m", "convert.cli", "run", str(base), "--lang", "en"]
    command += ["--out", str(out), "--quant", "F16", "--calibration", str(corpus)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        pipe = os.open(corpus, os.O_WRONLY)  # returns when the worker opens it for reading
        assert out.with_name("m.gguf.part").exists()
        yield process, pipe, out
        os.close(pipe)
        process.kill()


def test_a_cancelled_run_leaves_nothing(
    converting: tuple[subprocess.Popen[str], int, Path],
) -> None:
    process, _, out = converting
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert (process.returncode, said.count("\n")) == (1, 1), said
    assert sorted(path.name for path in out.parent.iterdir()) == ["base", "corpus.jsonl"]


def test_a_worker_does_not_outlive_its_parent(
    converting: tuple[subprocess.Popen[str], int, Path],
) -> None:
    process, pipe, _ = converting
    process.kill()
    watch = select.poll()
    watch.register(pipe, select.POLLERR)
    assert watch.poll(20_000) == [(pipe, select.POLLERR)], "the corpus's reader is still there"


def test_a_second_run_on_an_output_is_refused_and_takes_nothing_from_the_first(
    converting: tuple[subprocess.Popen[str], int, Path],
) -> None:
    process, pipe, out = converting
    part, journal = (out.with_name(f"m.gguf.{kind}") for kind in ("part", "journal"))
    before = part.stat().st_ino, part.stat().st_mtime_ns, journal.read_bytes()
    again = ("run", out.parent / "base", "--quant", "Q8_0", "--out")
    for name in (out.name, "another.gguf"):  # the folder has one model.json
        assert f"folder of {out.parent / name}" in refused(*again, out.parent / name)
    assert (part.stat().st_ino, part.stat().st_mtime_ns, journal.read_bytes()) == before
    dialogue = b'{"messages": [{"role": "user", "content": "?"}]}\n'
    assert os.write(pipe, dialogue) == len(dialogue)
    with Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), pipe)  # the corpus ends
    _, said = process.communicate()
    assert process.returncode == 0, said
    assert {path.name for path in out.parent.iterdir()} == {
        *("base", "corpus.jsonl", "m.gguf", "model.json")
    }
    converted(*again, out)


def test_the_lock_of_a_killed_run_holds_nobody_up(
    converting: tuple[subprocess.Popen[str], int, Path],
) -> None:
    process, _, out = converting
    process.kill()
    process.wait()
    assert out.with_name("model.json.lock").exists()
    converted("run", out.parent / "base", "--out", out, "--quant", "Q8_0", "--verify", "none")
    assert not out.with_name("model.json.lock").exists()


def test_a_file_system_that_knows_no_locks_is_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_: Path) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("convert.output_lock.FileLock", none)
    base, out = write_base(tmp_path / "base", SHAPE), tmp_path / "m.gguf"
    converted("run", base, "--out", out, "--quant", "Q8_0", "--verify", "none")
    assert out.exists()


@pytest.mark.parametrize("number", [signal.SIGABRT, signal.SIGKILL, signal.SIGSEGV])
def test_the_death_of_a_worker_is_an_error_that_names_the_signal(number: signal.Signals) -> None:
    with pytest.raises(WorkerError) as caught:
        in_child(1, signal.raise_signal, number)
    assert caught.value.values["signal"] == number.name


def abort_inside_libggml() -> None:
    ggml.load().library.ggml_abort(b"test", 0, b"an assertion of libggml")


def test_an_abort_inside_libggml_is_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(WorkerError) as caught:
        in_child(1, abort_inside_libggml)
    assert caught.value.values["signal"] == "SIGABRT"
    capfd.readouterr()  # libggml says where, on standard error


def test_a_bug_in_a_worker_carries_its_place_and_never_its_text() -> None:
    with pytest.raises(BugError) as caught:
        in_child(1, int, "what a person wrote")
    assert place_of(caught.value).startswith("ValueError child.py:")
    assert "what a person wrote" not in str(caught.value)


def written(tmp_path: Path) -> tuple[Plan, Path]:
    base, out = write_base(tmp_path / "base", SHAPE), tmp_path / "m.gguf"
    converted("run", base, "--out", out, "--quant", "F16", "--verify", "none")
    return make_plan(base, None, out, Mixture.F16), out


def test_a_truncated_file_does_not_verify(tmp_path: Path) -> None:
    plan, out = written(tmp_path)
    os.truncate(out, plan.size - 1)
    with pytest.raises(VerificationError) as caught:
        check_structure(plan.tensors, out, plan.size)
    assert (caught.value.values["expected"], caught.value.values["found"]) == (
        plan.size,
        plan.size - 1,
    )


def test_a_tensor_of_other_weights_does_not_verify(tmp_path: Path) -> None:
    plan, out = written(tmp_path)
    tensor = next(one for one in plan.tensors if one.merged.name == "blk.0.ffn_up.weight")
    start = len(plan.header) + tensor.offset
    data = bytearray(out.read_bytes())
    rows = data[start : start + tensor.bytes]
    data[start : start + tensor.bytes] = rows[tensor.row_bytes :] + rows[: tensor.row_bytes]
    out.write_bytes(data)
    check_structure(plan.tensors, out, plan.size)
    with pytest.raises(VerificationError) as caught:
        check_weights(plan.tensors, out)
    assert caught.value.values["tensor"] == tensor.merged.name
