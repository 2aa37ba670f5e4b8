"""Write the README's tables of measured figures: `soulchat bench --json | python docs/figures.py`.

What `docs/bench_convert.py` measured becomes the table of conversion in the same way. Both halves
of the README get the same numbers between `<!-- figures:zh -->` or `<!-- figures:en -->` (of
conversion `<!-- conversion:zh -->`) and `<!-- /figures -->`, so they cannot drift apart.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

README = Path(__file__).resolve().parents[1] / "README.md"
Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Row:
    """A label in both languages, and where the figures stand in the bench's JSON."""

    zh: str
    en: str
    ours: str
    beside: str = ""
    """What ours is measured against; empty for nothing."""
    ratio: str = ""
    """The median over pairs, where the bench has one; else one figure by the other."""


@dataclass(frozen=True, slots=True)
class Table:
    """A heading in both languages, and rows."""

    zh: str
    en: str
    rows: tuple[Row, ...]
    ratio: bool = False
    """The last column says how many times as much ours is."""


ENGINE = Table(
    "| {machine} | 本程序 | 裸 llama.cpp |",
    "| {machine} | this program | raw llama.cpp |",
    (
        Row("载入模型（毫秒）", "loading the model (ms)", "load_ms", "raw_llama_cpp.load_ms"),
        Row(
            "读入（词元/秒）",
            "reading (tokens/s)",
            "engine.prefill_tokens_per_s",
            "raw_llama_cpp.prefill_tokens_per_s",
        ),
        Row(
            "生成（词元/秒）",
            "writing (tokens/s)",
            "engine.tokens_per_s",
            "raw_llama_cpp.tokens_per_s",
        ),
        Row(
            "第一轮，到第一个字（毫秒）",
            "first turn, to the first word (ms)",
            "turns.0.ttft_ms",
        ),
        Row(
            "最后一轮，到第一个字（毫秒）",
            "last turn, to the first word (ms)",
            "turns.-1.ttft_ms",
        ),
        Row(
            "最后一轮的上下文（词元）",
            "context of the last turn (tokens)",
            "turns.-1.prompt_tokens",
        ),
        Row(
            "其中新计算的（词元）",
            "of these, newly evaluated (tokens)",
            "turns.-1.evaluated_tokens",
        ),
        Row(
            "叫停到停下，读入时最慢（毫秒）",
            "told to stop, until it has: while reading, worst (ms)",
            "stop_ms.prefill.worst",
        ),
        Row(
            "叫停到停下，生成时最慢（毫秒）",
            "told to stop, until it has: while writing, worst (ms)",
            "stop_ms.decode.worst",
        ),
        Row(
            "守护判断一条消息，连同前文（毫秒）",
            "the guard, a message with its history (ms)",
            "guard.message_ms.median",
        ),
        Row("子进程内存峰值（MiB）", "peak memory of the child (MiB)", "peak_rss_bytes"),
    ),
)
LARGE = Table(
    "| 五亿个随机权重，Q8_0（形状同 Qwen2-0.5B 和 Qwen1.5-0.5B） | 本程序 | 裸 llama.cpp | 倍数 |",
    "| half a billion random weights, Q8_0 (shaped as Qwen2-0.5B and Qwen1.5-0.5B)"
    " | this program | raw llama.cpp | ratio |",
    (
        *(
            Row(zh.format(hidden=hidden), en.format(hidden=hidden), *places)
            for hidden in (896, 1024)
            for zh, en, places in (
                (
                    "读入，宽 {hidden}（词元/秒）",
                    "reading, hidden size {hidden} (tokens/s)",
                    (
                        f"large.hidden_{hidden}.engine.prefill_tokens_per_s",
                        f"large.hidden_{hidden}.raw_llama_cpp.prefill_tokens_per_s",
                        f"large.hidden_{hidden}.ratio.prefill",
                    ),
                ),
                (
                    "生成，宽 {hidden}（词元/秒）",
                    "writing, hidden size {hidden} (tokens/s)",
                    (
                        f"large.hidden_{hidden}.engine.tokens_per_s",
                        f"large.hidden_{hidden}.raw_llama_cpp.tokens_per_s",
                        f"large.hidden_{hidden}.ratio.reply",
                    ),
                ),
            )
        ),
        *(
            Row(
                zh.format(turn=zh_turn),
                en.format(turn=en_turn),
                *(f"large.turns.{at}.{figure}" for figure in figures),
            )
            for at, zh_turn, en_turn in (
                ("second", "第 2 轮", "turn 2"),
                ("last", "第 20 轮", "turn 20"),
                ("after_restart", "重新打开以后", "after a restart"),
                ("typed_ahead", "边写边读以后", "after typing ahead"),
            )
            for figures, zh, en in (
                (
                    ("evaluated_tokens", "allowed_tokens"),
                    "{turn}：新计算的词元；旁边是上限",
                    "{turn}: tokens newly evaluated; beside it, the most allowed",
                ),
                (("ttft_ms",), "{turn}：到第一个字（毫秒）", "{turn}: to the first word (ms)"),
            )
        ),
        Row(
            "其中第 20 轮的上下文（词元）",
            "context of turn 20 (tokens)",
            "large.turns.last.prompt_tokens",
        ),
        Row(
            "300 轮的对话，第 200 到 300 轮每轮新计算的词元；旁边是第 10 到 20 轮",
            "a conversation of 300 turns: tokens newly evaluated a turn, turns 200 to 300;"
            " beside it, turns 10 to 20",
            "long.late_evaluated_tokens",
            "long.early_evaluated_tokens",
        ),
        Row(
            "接着一段 3,000 词元的对话说；旁边是重新读入（毫秒）",
            "going on with a conversation of 3,000 tokens; beside it, reading it anew (ms)",
            "large.resume.resumed_ms",
            "large.resume.cold_ms",
        ),
        Row("封存（MB/秒）", "sealing (MB/s)", "large.resume.sealed_mb_per_s"),
        Row(
            "换一个子进程，连同载入模型（毫秒）",
            "another child, its model loaded (ms)",
            "large.restart_ms",
        ),
    ),
    ratio=True,
)
WINDOW = Table(
    "| 窗口 | 本程序 | 空的 PySide6 窗口 | 倍数 |",
    "| window | this program | an empty PySide6 window | ratio |",
    (
        Row(
            "启动到可以输入口令，文件已在缓存里（毫秒）",
            "start, files in the cache, until the passphrase can be typed (ms)",
            "window.start_ms.ours",
            "window.start_ms.empty",
            "window.start_ms.ratio",
        ),
        Row(
            "同上，文件还在磁盘上（毫秒）",
            "the same, files on the disk alone (ms)",
            "window.cold_start_ms.ours",
            "window.cold_start_ms.empty",
            "window.cold_start_ms.ratio",
        ),
        Row(
            "密钥环打开历史：启动到可以写（毫秒）",
            "where a keyring opens the history: start, until one can write (ms)",
            "window.start_by_keyring_ms.ours",
            "window.start_by_keyring_ms.empty",
            "window.start_by_keyring_ms.ratio",
        ),
        Row(
            "同上：到对话出来（毫秒）",
            "the same, until the conversation is there (ms)",
            "window.start_by_keyring_ms.history",
            "window.start_by_keyring_ms.empty",
        ),
        Row(
            "空闲内存，不含模型（MiB）",
            "idle memory, no model (MiB)",
            "window.idle_pss_bytes.ours",
            "window.idle_pss_bytes.empty",
        ),
        Row(
            "空闲内存，连同随附的模型和它的子进程（MiB）",
            "idle memory, the model that ships and its child included (MiB)",
            "window.idle_pss_bytes.with_model",
        ),
        Row(
            "打开 5,000 条消息的对话（毫秒）",
            "opening a conversation of 5,000 messages (ms)",
            "window.session.open_ms",
        ),
        Row(
            "从头到尾滚动，每帧（毫秒）",
            "scrolling it end to end, a frame (ms)",
            "window.session.frame_ms.median",
        ),
        Row(
            "其中最慢的一帧（毫秒）",
            "the slowest of these frames (ms)",
            "window.session.frame_ms.worst",
        ),
        Row(
            "模型的子进程崩溃或停住时，事件循环最久停顿，不计排队等处理器（毫秒）",
            "its model dies or hangs: longest stall, less waiting for a processor (ms)",
            "window.stall_ms.worst",
        ),
    ),
    ratio=True,
)
HISTORY = Table(
    "| 加密的历史，中位数 | 本程序 | 不加密的 SQLite | 倍数 |",
    "| encrypted history, medians | this program | plain SQLite | ratio |",
    (
        Row(
            "一条消息写到磁盘（毫秒）",
            "a message on the disk (ms)",
            "history.append_ms.ours",
            "history.append_ms.plain",
        ),
        Row(
            "读出 5,000 条消息的对话（毫秒）",
            "reading a conversation of 5,000 messages (ms)",
            "history.read_ms.ours",
            "history.read_ms.plain",
        ),
        Row(
            "打开 100,000 条消息的历史，不算口令（毫秒）",
            "opening a history of 100,000 messages, without the passphrase (ms)",
            "search.open_ms.ours",
            "search.open_ms.plain",
        ),
        Row(
            "列出其中的 300 段对话（毫秒）",
            "listing its 300 conversations (ms)",
            "search.list_ms.ours",
            "search.list_ms.plain",
        ),
        Row(
            "在其中搜索一个词，1 到 4 个字或中英混合（毫秒）",
            "searching it for a word of 1 to 4 characters or of two scripts (ms)",
            "search.search_ms.ours",
            "search.search_ms.plain",
        ),
        Row("用口令解锁（毫秒）", "unlocking by passphrase (ms)", "history.unlock_ms"),
    ),
    ratio=True,
)


CONVERSION = Table(
    "| Qwen2，隐层 {hidden}，0.5 B，LoRA 秩 16，Q4_K_M，{threads} 线程，都不检验 "
    "| 本程序 | {usual} | 倍数 |",
    "| Qwen2, hidden {hidden}, 0.5 B, LoRA of rank 16, Q4_K_M, {threads} threads, nothing verified "
    "| this program | {usual} | ratio |",
    (
        Row("时间（秒）", "time (s)", "ours.seconds", "usual.seconds"),
        Row("内存峰值（MiB）", "peak memory (MiB)", "ours.peak_rss_bytes", "usual.peak_rss_bytes"),
        Row("读写（MiB）", "read and written (MiB)", "ours.disk_bytes", "usual.disk_bytes"),
        Row(
            "时间，本程序按默认检验：分词器、每个字节、抽查的权重（秒）",
            "time, ours verified as by default: tokenizer, every byte, sample rows (s)",
            "verified.seconds",
            "usual.seconds",
        ),
        Row(
            "同上：内存峰值（MiB）",
            "the same: peak memory (MiB)",
            "verified.peak_rss_bytes",
            "usual.peak_rss_bytes",
        ),
    ),
    ratio=True,
)
USUAL = {
    "merge": ("PEFT 合并", "PEFT's merge"),
    "convert": ("llama.cpp 转换", "llama.cpp's converter"),
    "quantise": ("llama.cpp 量化", "llama.cpp's quantizer"),
}


def measured(bench: dict[str, Any], place: str) -> float | None:
    """Return what was measured; None where nothing was."""
    value: Any = bench if place else None
    for step in filter(None, place.split(".")):
        if value is None:
            break
        value = value[int(step)] if isinstance(value, list) else value.get(step)
    return None if value is None else float(value)


def times(bench: dict[str, Any], row: Row) -> str:
    """Return how many times as much as beside it ours is."""
    ours, beside = measured(bench, row.ours), measured(bench, row.beside)
    of_pairs = measured(bench, row.ratio)
    if of_pairs is not None:
        return f"{of_pairs:.2f} ×"
    return f"{ours / beside:.2f} ×" if ours is not None and beside else ""


def figure(bench: dict[str, Any], place: str) -> str:
    """Return the number at a dotted place, bytes as MiB; empty where there is none."""
    value = measured(bench, place)
    if value is None:
        return ""
    if "_bytes" in place:
        value /= 1024 * 1024
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def machine(bench: dict[str, Any]) -> str:
    """Name what was measured and where."""
    model, processor = bench["model"], bench["processor"]
    cores = f"{processor['physical_cores']}C/{processor['logical_cores']}T"
    quantised = " ".join(filter(None, (model["name"], model["quantisation"])))
    return f"{quantised}, {processor['name']}, {cores}, llama.cpp ×{bench['threads']}"


def tables(bench: dict[str, Any], language: Language) -> str:
    """Return the Markdown tables of one language."""
    written = []
    for table in (ENGINE, LARGE, WINDOW, HISTORY):
        if all(measured(bench, row.ours) is None for row in table.rows):
            continue  # a model that was named is measured alone
        head: str = getattr(table, language)
        lines = [head.format(machine=machine(bench)), "|---|--:|--:|" + "--:|" * table.ratio]
        for row in table.rows:
            cells = [getattr(row, language), figure(bench, row.ours), figure(bench, row.beside)]
            lines.append(f"| {' | '.join(cells + [times(bench, row)] * table.ratio)} |")
        written.append("\n".join(lines) + "\n")
    return "\n".join(written)


def conversions(bench: dict[str, Any], language: Language) -> str:
    """Return the Markdown tables of conversion, one to a model, in one language."""
    written = []
    for model in bench["conversion"]:
        names = (USUAL[step][get_args(Language).index(language)] for step in model["steps"])
        head: str = getattr(CONVERSION, language)
        usual = " + ".join(names)
        lines = [head.format(usual=usual, hidden=model["hidden"], threads=bench["threads"])]
        lines.append("|---|--:|--:|--:|")
        for row in CONVERSION.rows:
            if measured(model, row.ours) is None:
                continue  # by an older bench
            cells = [getattr(row, language), figure(model, row.ours), figure(model, row.beside)]
            lines.append(f"| {' | '.join([*cells, times(model, row)])} |")
        written.append("\n".join(lines) + "\n")
    return "\n".join(written)


def with_figures(readme: str, bench: dict[str, Any]) -> str:
    """Return the README's text with the tables of both halves replaced."""
    name, written = ("conversion", conversions) if "conversion" in bench else ("figures", tables)
    for language in get_args(Language):
        head, begin, rest = readme.partition(f"<!-- {name}:{language} -->\n")
        _, end, tail = rest.partition("<!-- /figures -->")
        readme = head + begin + written(bench, language) + end + tail
    return readme


def main() -> None:
    """Read the bench's JSON from stdin and rewrite the README's tables."""
    text = with_figures(README.read_text(encoding="utf-8"), json.load(sys.stdin))
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
