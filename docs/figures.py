"""Write the README's table of measured figures: `soulchat bench --json | python docs/figures.py`.

Both halves of the README get the same numbers between `<!-- figures:zh -->` or
`<!-- figures:en -->` and `<!-- /figures -->`, so they cannot drift apart.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

README = Path(__file__).resolve().parents[1] / "README.md"

HEADS = {
    "zh": "| {machine} | 本程序 | 裸 llama.cpp |",
    "en": "| {machine} | this program | raw llama.cpp |",
}
# Where each figure stands in the bench's JSON: ours, then raw llama.cpp's or nothing.
ROWS = (
    ("载入模型（毫秒）", "loading the model (ms)", "load_ms", "raw_llama_cpp.load_ms"),
    (
        "读入（词元/秒）",
        "reading (tokens/s)",
        "engine.prefill_tokens_per_s",
        "raw_llama_cpp.prefill_tokens_per_s",
    ),
    (
        "生成（词元/秒）",
        "writing (tokens/s)",
        "engine.tokens_per_s",
        "raw_llama_cpp.tokens_per_s",
    ),
    ("第一轮，到第一个字（毫秒）", "first turn, to the first word (ms)", "turns.0.ttft_ms", ""),
    ("最后一轮，到第一个字（毫秒）", "last turn, to the first word (ms)", "turns.-1.ttft_ms", ""),
    (
        "最后一轮的上下文（词元）",
        "context of the last turn (tokens)",
        "turns.-1.prompt_tokens",
        "",
    ),
    ("其中新计算的（词元）", "of these, newly evaluated (tokens)", "turns.-1.evaluated_tokens", ""),
    ("子进程内存峰值（MiB）", "peak memory of the child (MiB)", "peak_rss_bytes", ""),
)


def figure(bench: dict[str, Any], place: str) -> str:
    """Return the number at a dotted place, bytes as MiB; an empty place is an empty cell."""
    if not place:
        return ""
    value: Any = bench
    for step in place.split("."):
        value = value[int(step)] if isinstance(value, list) else value[step]
    if place.endswith("_bytes"):
        value /= 1024 * 1024
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def machine(bench: dict[str, Any]) -> str:
    """Name what was measured and where."""
    model, processor = bench["model"], bench["processor"]
    cores = f"{processor['physical_cores']}C/{processor['logical_cores']}T"
    quantised = " ".join(filter(None, (model["name"], model["quantisation"])))
    return f"{quantised}, {processor['name']}, {cores}, llama.cpp ×{bench['threads']}"


def table(bench: dict[str, Any], language: str) -> str:
    """Return the Markdown table of one language."""
    lines = [HEADS[language].format(machine=machine(bench)), "|---|--:|--:|"]
    for chinese, english, ours, raw in ROWS:
        label = chinese if language == "zh" else english
        lines.append(f"| {label} | {figure(bench, ours)} | {figure(bench, raw)} |")
    return "\n".join(lines) + "\n"


def with_figures(readme: str, bench: dict[str, Any]) -> str:
    """Return the README's text with both tables replaced."""
    for language in HEADS:
        head, begin, rest = readme.partition(f"<!-- figures:{language} -->\n")
        _, end, tail = rest.partition("<!-- /figures -->")
        readme = head + begin + table(bench, language) + end + tail
    return readme


def main() -> None:
    """Read the bench's JSON from stdin and rewrite the README's tables."""
    text = with_figures(README.read_text(encoding="utf-8"), json.load(sys.stdin))
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
