"""Time a conversion beside the usual road: PEFT's merge, llama.cpp's converter, its quantizer.

    python docs/bench_convert.py --llama-cpp vendor/llama.cpp | python docs/figures.py

`--llama-cpp` is llama.cpp's own source tree, as the source distribution of llama-cpp-python holds
it. Without it the usual road lacks its middle step, and the answer says so. Needs the extra
`convert-peft`. Random Qwen2 models of half a billion weights in bfloat16, a vocabulary of Qwen2's
size, a LoRA of rank 16 on every projection, Q4_K_M; the two roads in turn, medians. Each step is a
process of its own; its memory is the most its processes held together. Bytes are those of the files
a step reads and writes; of ours, what the pass asked the system for.

The usual road verifies nothing, so ours is compared with `--verify none`; a second run of ours is
measured as a person has it, verified as by default.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from resources.processor import physical_cores  # noqa: E402 - found through the line above
from tests.support.large_vocabulary import QWEN2, write_many_tokens  # noqa: E402
from tests.support.tiny_base import Shape, write_adapter, write_base  # noqa: E402

SHAPES: Final = (
    Shape(hidden=1024, feed_forward=2816, layers=24, heads=16, kv_heads=16, vocabulary=151936),
    Shape(hidden=896, feed_forward=4864, layers=24, heads=14, kv_heads=2, vocabulary=151936),
)
MERGE: Final = """
import sys, torch
from peft import PeftModel
from transformers import AutoModelForCausalLM
base, adapter, out = sys.argv[1:]
model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.bfloat16)
PeftModel.from_pretrained(model, adapter).merge_and_unload().save_pretrained(out)
"""
# The tokenizer is made here, so no table knows its hash: the name is given.
CONVERT: Final = """
import runpy, sys
script, *_ = sys.argv[1:]
sys.argv = sys.argv[1:]
sys.path.insert(0, script.rpartition("/")[0])
sys.path.insert(1, script.rpartition("/")[0] + "/gguf-py")
from conversion import base
base.TextModel.get_vocab_base_pre = lambda self, tokenizer: "qwen2"
runpy.run_path(script, run_name="__main__")
"""
QUANTISE: Final = """
import ctypes, sys, llama_cpp
source, out, threads = sys.argv[1:]
parameters = llama_cpp.llama_model_quantize_default_params()
parameters.ftype, parameters.nthread = 15, int(threads)
sys.exit(llama_cpp.llama_model_quantize(source.encode(), out.encode(), ctypes.byref(parameters)))
"""


@dataclass(frozen=True, slots=True)
class Step:
    """Wall seconds, most resident bytes, bytes read and written of one process and its children.

    `stream_rss_bytes`: of our streaming process alone, which does the converting.
    """

    seconds: float
    peak_rss_bytes: int
    disk_bytes: int
    stream_rss_bytes: int | None = None


def timed(command: list[object], disk_bytes: int) -> Step:
    """Run a step to its end and measure it."""
    began = time.perf_counter()
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            list(map(str, command)), stdout=subprocess.DEVNULL, stderr=said, cwd=ROOT
        ) as process,
    ):
        peak = [0]
        watch = threading.Thread(target=_watch, args=(process, peak))
        watch.start()
        code = process.wait()
        seconds = time.perf_counter() - began
        watch.join()
        if code:
            said.seek(0)
            raise SystemExit(f"a step ended with {code}:\n{said.read().decode()[-2000:]}")
    return Step(seconds, peak[0], disk_bytes)


def _watch(process: subprocess.Popen[bytes], peak: list[int]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], sum(map(_resident, _family(process.pid))))
        time.sleep(0.02)


def _family(pid: int) -> list[int]:
    """Return a process and its descendants; one that has only just forked is still its parent."""
    place = Path(f"/proc/{pid}")
    try:
        command = (place / "cmdline").read_bytes()
        children = (place / f"task/{pid}/children").read_text(encoding="ascii").split()
        born = [one for one in children if Path(f"/proc/{one}/cmdline").read_bytes() != command]
    except OSError:
        return []
    return [pid, *(one for child in born for one in _family(int(child)))]


def _resident(pid: int) -> int:
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def ours(place: Path, threads: int, *verify: str) -> Step:
    """One pass; what it asks of the disk is in its own answer, verifying not counted."""
    answer = place / "answer.json"
    script = (
        "import sys; from convert.cli import main; sys.stdout = open(sys.argv.pop(1), 'w'); "
        "sys.exit(main())"
    )
    out = place / "ours" / "m.gguf"
    step = timed(
        [
            *(sys.executable, "-c", script, answer, "run", place / "base"),
            *("--adapter", place / "adapter", "--out", out, "--quant", "Q4_K_M"),
            *(*verify, "--threads", threads, "--json"),
        ],
        0,
    )
    cost = json.loads(answer.read_text(encoding="utf-8"))["cost"]
    beside = {path.name for path in out.parent.iterdir()} - {"m.gguf", "model.json"}
    if beside:
        raise SystemExit(f"left behind: {beside}")
    for path in out.parent.iterdir():
        path.unlink()
    moved = cost["bytes_read"] + cost["bytes_written"]
    return replace(step, disk_bytes=moved, stream_rss_bytes=cost["peak_rss_bytes"])


def usual(place: Path, llama_cpp: Path | None, threads: int) -> dict[str, Step]:
    """The three steps, each with its files."""
    merged, f16, out = place / "merged", place / "f16.gguf", place / "usual.gguf"
    steps = {}
    steps["merge"] = timed(
        [sys.executable, "-c", MERGE, place / "base", place / "adapter", merged],
        size(place / "base") + size(place / "adapter"),
    )
    steps["merge"] = replace(steps["merge"], disk_bytes=steps["merge"].disk_bytes + size(merged))
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        shutil.copy(place / "base" / name, merged)
    if llama_cpp is not None:
        convert = llama_cpp / "convert_hf_to_gguf.py"
        command = [sys.executable, "-c", CONVERT, convert, merged, "--outfile", f16]
        steps["convert"] = timed([*command, "--outtype", "f16"], size(merged))
    else:
        command = [sys.executable, "-m", "convert.cli", "run", merged, "--out", f16]
        timed([*command, "--quant", "F16", "--verify", "none"], 0)
    wrote = size(f16)
    if "convert" in steps:
        steps["convert"] = replace(steps["convert"], disk_bytes=steps["convert"].disk_bytes + wrote)
    steps["quantise"] = timed([sys.executable, "-c", QUANTISE, f16, out, threads], wrote)
    steps["quantise"] = replace(steps["quantise"], disk_bytes=wrote + size(out))
    shutil.rmtree(merged)
    f16.unlink()
    return steps


def size(path: Path) -> int:
    """Bytes of a file, or of a folder's files."""
    files = [path] if path.is_file() else path.iterdir()
    return sum(one.stat().st_size for one in files)


def measured(shape: Shape, llama_cpp: Path | None, pairs: int, threads: int) -> dict[str, Any]:
    """Return the medians of one model's pairs, and our share of the usual road."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        write_base(place / "base", shape)
        write_many_tokens(place / "base", QWEN2)
        write_adapter(place / "adapter", shape, r=16, lora_alpha=32)
        (place / "ours").mkdir()
        one: list[Step] = []
        verified: list[Step] = []
        other: list[dict[str, Step]] = []
        for _ in range(pairs):
            one.append(ours(place, threads, "--verify", "none"))
            other.append(usual(place, llama_cpp, threads))
            verified.append(ours(place, threads))
        steps = {name: _median([pair[name] for pair in other]) for name in other[0]}
    whole = Step(
        seconds=sum(step.seconds for step in steps.values()),
        peak_rss_bytes=max(step.peak_rss_bytes for step in steps.values()),
        disk_bytes=sum(step.disk_bytes for step in steps.values()),
    )
    return {
        "hidden": shape.hidden,
        "ours": asdict(_median(one)),
        "verified": asdict(_median(verified)),
        "usual": asdict(whole),
        "steps": {name: asdict(step) for name, step in steps.items()},
    }


def _median(steps: list[Step]) -> Step:
    return Step(
        statistics.median(step.seconds for step in steps),
        int(statistics.median(step.peak_rss_bytes for step in steps)),
        int(statistics.median(step.disk_bytes for step in steps)),
        steps[0].stream_rss_bytes,
    )


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--llama-cpp", type=Path, help="llama.cpp's source tree")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=physical_cores())
    options = parser.parse_args()
    tree = options.llama_cpp.resolve() if options.llama_cpp else None
    models = [measured(shape, tree, options.pairs, options.threads) for shape in SHAPES]
    answer = {"conversion": models, "threads": options.threads, "converter": tree is not None}
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
