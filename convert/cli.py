"""`soulchat-convert`: plan, run, verify and inspect from the command line."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from convert.inspection import describe
from convert.mixtures import Mixture
from convert.plan import Plan, check_output, make_plan
from convert.report import fallbacks
from convert.run import run
from convert.verify import Level, verify_file, verify_vocabulary
from resources.command import run_command, whole_number
from resources.errors import EXIT_DONE
from resources.messages import LANGUAGES, sentence

_MEBIBYTE: Final = 1024 * 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # leave no part file behind
    return run_command(_command, arguments, interrupted="convert.interrupted")


def _command(given: list[str]) -> int:
    options = _parser().parse_args(given)
    answer = _COMMANDS[options.command](options)
    print(json.dumps(answer, ensure_ascii=False) if options.json else _readable(options, answer))
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
    check = argparse.ArgumentParser(add_help=False)
    levels = [level.name.lower() for level in Level]
    check.add_argument("--verify", choices=levels, default="weights", help=text("verify_level"))
    check.add_argument("--threads", type=whole_number(1), default=_cores(), help=text("threads"))
    check.add_argument("--calibration", type=Path, metavar="FILE", help=text("calibration"))
    written = argparse.ArgumentParser(add_help=False)
    written.add_argument("file", type=Path, metavar="FILE", help=text("file"))

    parser = argparse.ArgumentParser(
        prog="soulchat-convert", description=text("about"), parents=[lang], allow_abbrev=False
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, parents in {
        "plan": [source, out, shared],
        "run": [source, out, check, shared],
        "verify": [written, source, check, shared],
        "inspect": [written, shared],
    }.items():
        commands.add_parser(
            name, parents=parents, help=text(name), description=text(name), allow_abbrev=False
        )
    return parser


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _planned(options: argparse.Namespace, out: Path, mixture: Mixture) -> Plan:
    return make_plan(options.base, options.adapter, out, mixture)


def _plan(options: argparse.Namespace) -> dict[str, Any]:
    plan = _planned(options, options.out, Mixture[options.quant])
    check_output(plan)
    return {
        "family": plan.family.name,
        "weights": plan.weights,
        "tensors": len(plan.tensors),
        "bytes": plan.size,
        "quantisation": plan.mixture.name,
        "fallbacks": fallbacks(plan),
    }


def _run(options: argparse.Namespace) -> dict[str, Any]:
    plan = _planned(options, options.out, Mixture[options.quant])
    level = Level[options.verify.upper()]
    return run(plan, level, options.threads, options.calibration)


def _verify(options: argparse.Namespace) -> dict[str, Any]:
    mixture = Mixture(describe(options.file)["file_type"])
    plan = _planned(options, options.file, mixture)
    level = Level[options.verify.upper()]
    parity = verify_file(plan, options.file, Level.STRUCTURE, options.threads)
    parity |= verify_vocabulary(plan, options.file, options.calibration) if level else {}
    return parity | verify_file(plan, options.file, level, options.threads)


def _inspect(options: argparse.Namespace) -> dict[str, Any]:
    return describe(options.file)


_COMMANDS: Final = {"plan": _plan, "run": _run, "verify": _verify, "inspect": _inspect}


def _readable(options: argparse.Namespace, answer: dict[str, Any]) -> str:
    if options.command == "plan":
        mebibytes = f"{answer['bytes'] / _MEBIBYTE:.1f}"
        return sentence("convert.planned", path=options.out, mebibytes=mebibytes, **answer)
    if options.command == "run":
        card, cost = answer["card"], answer["cost"]
        return sentence(
            "convert.done",
            path=options.out,
            mebibytes=f"{card['bytes'] / _MEBIBYTE:.1f}",
            seconds=f"{cost['seconds']:.1f}",
            parity=json.dumps(card["parity"], ensure_ascii=False),
        )
    if options.command == "verify":
        parity = json.dumps(answer, ensure_ascii=False)
        return sentence("convert.verified", path=options.file, parity=parity)
    return json.dumps(answer, ensure_ascii=False, indent=2)


if __name__ == "__main__":
    sys.exit(main())
