"""`soulchat-convert`: plan, run, verify, diff and inspect from the command line."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from convert.cost import estimate
from convert.difference import compare_files
from convert.errors import StoppedError, Terminated
from convert.ggml import TensorType
from convert.inspection import describe
from convert.mixtures import Mixture, TypeRule, check_rules
from convert.plan import Plan, check_output, make_plan
from convert.progress import Progress, as_json_lines
from convert.progress_line import progress_line
from convert.report import remarks, remarks_as_sentences
from convert.run import run
from convert.targets import PATTERN_ERRORS
from convert.verify import Level
from convert.verify_again import verify_again
from resources.command import run_command, standard_output, whole_number
from resources.errors import EXIT_DONE
from resources.messages import LANGUAGES, sentence
from resources.processor import physical_cores

_MEBIBYTE: Final = 1024 * 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    signal.signal(signal.SIGTERM, _terminated)
    return run_command(_command, arguments, interrupted="convert.interrupted")


def _terminated(_number: int, _frame: object) -> None:
    raise Terminated


def _command(given: list[str]) -> int:
    options = _parser().parse_args(given)
    try:
        answer = _COMMANDS[options.command](options)
    except Terminated:
        raise StoppedError("stopped") from None
    as_json = options.json or getattr(options, "jsonl", False)
    with standard_output():
        print(json.dumps(answer, ensure_ascii=False) if as_json else _readable(options, answer))
    return EXIT_DONE


def _parser() -> argparse.ArgumentParser:
    def text(key: str) -> str:
        return sentence(f"convert.help.{key}")

    lang = argparse.ArgumentParser(add_help=False)  # read by run_command already
    lang.add_argument("--lang", choices=LANGUAGES, help=text("lang"))
    shared = argparse.ArgumentParser(add_help=False, parents=[lang])
    shared.add_argument("--json", action="store_true", help=text("json"))
    source = argparse.ArgumentParser(add_help=False)
    source.add_argument("base", type=Path, metavar="BASE", help=text("base"))
    source.add_argument("--adapter", type=Path, metavar="FOLDER", help=text("adapter"))
    out = argparse.ArgumentParser(add_help=False)
    out.add_argument("--out", type=Path, required=True, metavar="FILE", help=text("out"))
    out.add_argument("--quant", choices=[one.name for one in Mixture], required=True)
    out.add_argument(
        "--tensor-type",
        type=_type_rule,
        action="append",
        default=[],
        metavar="REGEX=TYPE",
        help=text("tensor_type"),
    )
    pace = argparse.ArgumentParser(add_help=False)
    pace.add_argument(
        "--threads", type=whole_number(1), default=physical_cores(), help=text("threads")
    )
    depth = argparse.ArgumentParser(add_help=False)
    levels = [level.name.lower() for level in Level]
    any_level = text("verify_level") + text("verify_none")
    depth.add_argument("--verify", choices=levels, default="weights", help=any_level)
    some = argparse.ArgumentParser(add_help=False)  # to verify nothing is no verifying
    some.add_argument("--verify", choices=levels[1:], default="weights", help=text("verify_level"))
    further = argparse.ArgumentParser(add_help=False)
    further.add_argument("--calibration", type=Path, metavar="FILE", help=text("calibration"))
    lines = argparse.ArgumentParser(add_help=False)
    lines.add_argument("--jsonl", action="store_true", help=text("jsonl"))
    other = argparse.ArgumentParser(add_help=False)
    other.add_argument("other", type=Path, metavar="OTHER", help=text("other"))
    written = argparse.ArgumentParser(add_help=False)
    written.add_argument("file", type=Path, metavar="FILE", help=text("file"))

    parser = argparse.ArgumentParser(
        prog="soulchat-convert", description=text("about"), parents=[lang], allow_abbrev=False
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, parents in {
        "plan": [source, out, depth, pace, shared],
        "run": [source, out, depth, further, pace, shared, lines],
        "verify": [written, source, some, further, pace, shared],
        "diff": [written, other, shared],
        "inspect": [written, shared],
    }.items():
        commands.add_parser(
            name, parents=parents, help=text(name), description=text(name), allow_abbrev=False
        )
    return parser


def _type_rule(text: str) -> TypeRule:
    """Parse REGEX=TYPE; the last equals sign parts them."""
    pattern, _, name = text.rpartition("=")
    known = ", ".join(kind.name for kind in TensorType)
    try:
        re.compile(pattern)
        return TypeRule(pattern, TensorType[name.upper()])
    except (KeyError, *PATTERN_ERRORS):
        raise argparse.ArgumentTypeError(sentence("convert.tensor_type", known=known)) from None


def _planned(options: argparse.Namespace) -> Plan:
    mixture = Mixture[options.quant]
    plan = make_plan(options.base, options.adapter, options.out, mixture, options.tensor_type)
    check_rules(plan.rules, [tensor.merged for tensor in plan.tensors])
    return plan


def _plan(options: argparse.Namespace) -> dict[str, Any]:
    plan = _planned(options)
    check_output(plan)
    cost = estimate(plan, options.threads, Level[options.verify.upper()])
    return {
        "family": plan.family.name,
        "weights": plan.weights,
        "tensors": len(plan.tensors),
        "bytes": plan.size,
        "quantisation": plan.mixture.name,
        "cost": asdict(cost),
        "free_bytes": shutil.disk_usage(plan.out.absolute().parent).free,
        **remarks(plan),
    }


def _run(options: argparse.Namespace) -> dict[str, Any]:
    plan = _planned(options)
    level = Level[options.verify.upper()]
    estimate(plan, options.threads, level)
    with _shown(options) as show:
        return run(plan, level, options.threads, options.calibration, show)


@contextmanager
def _shown(options: argparse.Namespace) -> Iterator[Callable[[Progress], None]]:
    if options.jsonl:
        yield as_json_lines
    elif options.json or not sys.stderr.isatty():
        yield lambda _: None
    else:
        with progress_line(sys.stderr) as line:
            yield line.show


def _verify(options: argparse.Namespace) -> dict[str, Any]:
    level = Level[options.verify.upper()]
    return verify_again(
        options.file, options.base, options.adapter, level, options.threads, options.calibration
    )


def _diff(options: argparse.Namespace) -> dict[str, Any]:
    return compare_files(options.file, options.other)


def _inspect(options: argparse.Namespace) -> dict[str, Any]:
    return describe(options.file)


_COMMANDS: Final = {
    "plan": _plan,
    "run": _run,
    "verify": _verify,
    "diff": _diff,
    "inspect": _inspect,
}


def _readable(options: argparse.Namespace, answer: dict[str, Any]) -> str:
    if options.command == "plan":
        mebibytes = f"{answer['bytes'] / _MEBIBYTE:.1f}"
        cost = answer["cost"]
        planned = sentence(
            "convert.planned",
            path=options.out,
            mebibytes=mebibytes,
            free=f"{answer['free_bytes'] / _MEBIBYTE:.0f}",
            memory=f"{cost['memory_bytes'] / _MEBIBYTE:.0f}",
            seconds=f"{cost['seconds']:.0f}",
            **answer,
        )
        on_top = [] if options.verify == "none" else [sentence("convert.verifying_on_top")]
        return "\n".join([planned, *on_top, *remarks_as_sentences(answer)])
    if options.command == "run":
        card, cost = answer["card"], answer["cost"]
        done = sentence(
            "convert.done" if card["parity"] else "convert.unchecked",
            path=options.out,
            mebibytes=f"{card['bytes'] / _MEBIBYTE:.1f}",
            seconds=f"{cost['seconds']:.1f}",
            parity=json.dumps(card["parity"], ensure_ascii=False),
        )
        return "\n".join([done, *remarks_as_sentences(card)])
    if options.command == "verify":
        parity = json.dumps(answer, ensure_ascii=False)
        return sentence("convert.verified", path=options.file, parity=parity)
    details = json.dumps(answer, ensure_ascii=False, indent=2)
    if options.command == "diff":
        differing = len(answer["differing_tensors"])
        return sentence(
            "convert.compared",
            equal=answer["equal_tensors"],
            differing=differing,
            details=details,
        )
    return details


if __name__ == "__main__":
    sys.exit(main())
