"""`soulchat-finetune`: corpora, training, evaluation and shipping from the command line.

Libraries that take seconds to import are imported inside the command that needs them, so that
wrong usage and a missing file are answered at once.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from finetune.corpus.dialogue import read_corpus, write_corpus
from finetune.errors import EvaluationError
from resources.command import run_command, standard_output, whole_number
from resources.errors import EXIT_DONE
from resources.messages import LANGUAGES, sentence

Answer = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    return run_command(_command, arguments, interrupted="finetune.interrupted")


def _command(given: list[str]) -> int:
    options = _parser().parse_args(given)
    answer = _COMMANDS[options.command](options)
    with standard_output():
        print(json.dumps(answer, ensure_ascii=False, indent=None if options.json else 1))
    return EXIT_DONE


def _parser() -> argparse.ArgumentParser:
    def text(key: str) -> str:
        return sentence(f"finetune.help.{key}")

    lang = argparse.ArgumentParser(add_help=False)  # read by run_command already
    lang.add_argument("--lang", choices=LANGUAGES, help=text("lang"))
    common = argparse.ArgumentParser(add_help=False, parents=[lang])
    common.add_argument("--json", action="store_true", help=text("json"))
    parser = argparse.ArgumentParser(
        prog="soulchat-finetune", description=text("about"), parents=[lang], allow_abbrev=False
    )
    groups = parser.add_subparsers(dest="group", required=True)

    def add(to: Any, name: str, command: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = to.add_parser(
            name,
            parents=[common],
            help=text(command),
            description=text(command),
            allow_abbrev=False,
        )
        made.set_defaults(command=command)
        return made

    def path(command: argparse.ArgumentParser, *names: str, **more: Any) -> None:
        command.add_argument(*names, type=Path, **more)

    corpus = groups.add_parser("corpus", help=text("corpus"), parents=[lang], allow_abbrev=False)
    corpora = corpus.add_subparsers(dest="corpus_command", required=True)
    imported = add(corpora, "import", "corpus_import")
    imported.add_argument("--format", required=True, help=text("format"))
    path(imported, "file", metavar="FILE", help=text("public_file"))
    path(imported, "--out", required=True, metavar="FILE", help=text("corpus_out"))
    built = add(corpora, "build", "corpus_build")
    path(built, "files", nargs="+", metavar="FILE", help=text("corpus_file"))
    path(built, "--without", metavar="FILE", help=text("without"))
    path(built, "--out", required=True, metavar="FILE", help=text("corpus_out"))
    path(add(corpora, "stats", "corpus_stats"), "file", metavar="FILE", help=text("corpus_file"))
    parts = add(corpora, "split", "corpus_split")
    path(parts, "file", metavar="FILE", help=text("corpus_file"))
    parts.add_argument("--share", type=_share, default=0.01, help=text("share"))
    path(parts, "--out", required=True, metavar="FOLDER", help=text("split_out"))

    for name in ("pretrain", "train"):
        trained = add(groups, name, name)
        trained.add_argument("recipe", metavar="RECIPE", help=text("recipe"))
        path(trained, "--corpus", required=True, metavar="FILE", help=text("corpus_file"))
        path(trained, "--out", required=True, metavar="FOLDER", help=text("folder_out"))
        if name == "train":
            path(trained, "--base", required=True, metavar="FOLDER", help=text("base"))
    scored = add(groups, "evaluate", "evaluate")
    path(scored, "--model", required=True, metavar="FILE", help=text("model"))
    path(scored, "--corpus", metavar="FILE", help=text("corpus_file"))
    scored.add_argument("--suite", action="append", metavar="SUITE", help=text("suite"))
    scored.add_argument("--turns", type=whole_number(1), default=500, help=text("turns"))
    guard = add(groups, "guard", "guard")
    path(guard, "--smile", required=True, metavar="FILE", help=text("smile_train"))
    path(guard, "--crisis-dev", required=True, metavar="FILE", help=text("crisis_dev"))
    path(
        guard,
        "--out",
        default=Path("resources/guard"),
        metavar="FOLDER",
        help=text("guard_out"),
    )
    of_replies = add(groups, "guard-replies", "guard_replies")
    path(of_replies, "--smile", required=True, metavar="FILE", help=text("smile_train"))
    path(
        of_replies,
        "--out",
        default=Path("resources/guard"),
        metavar="FOLDER",
        help=text("guard_out"),
    )
    shipped = add(groups, "ship", "ship")
    for name in ("smile", "smile-dev", "cpsycoun"):
        path(shipped, f"--{name}", required=True, metavar="FILE", help=text("public_file"))
    shipped.add_argument("--recipe", default="mini", help=text("recipe"))
    path(shipped, "--work", default=Path("runs/mini"), metavar="FOLDER", help=text("work"))
    path(
        shipped, "--out", default=Path("resources/models"), metavar="FOLDER", help=text("ship_out")
    )
    return parser


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(sentence("finetune.share"))
    return value


def _corpus_import(options: argparse.Namespace) -> Answer:
    from finetune.corpus.build import import_corpus  # noqa: PLC0415  # numpy

    imported = import_corpus(options.format, options.file)
    return {
        "dialogues": write_corpus(options.out, imported.dialogues),
        "faults": imported.faults,
    }


def _corpus_build(options: argparse.Namespace) -> Answer:
    from finetune.corpus.build import without_repeats_of  # noqa: PLC0415  # numpy

    dialogues = [d for file in options.files for d in read_corpus(file)]
    kept = dialogues
    if options.without is not None:
        kept = without_repeats_of(dialogues, list(read_corpus(options.without)))
    count = write_corpus(options.out, kept)
    return {"dialogues": count, "left_out": len(dialogues) - count}


def _corpus_stats(options: argparse.Namespace) -> Answer:
    from finetune.corpus.statistics import statistics  # noqa: PLC0415

    return statistics(read_corpus(options.file))


def _corpus_split(options: argparse.Namespace) -> Answer:
    from finetune.split import split  # noqa: PLC0415  # numpy

    parts = split(list(read_corpus(options.file)), options.share)
    return {
        "train": write_corpus(options.out / "train.jsonl", parts.train),
        "held_out": write_corpus(options.out / "held-out.jsonl", parts.held_out),
        "questions": parts.questions,
        "near_duplicates_joined": parts.joined,
    }


def _pretrain(options: argparse.Namespace) -> Answer:
    from finetune.recipe import load_recipe  # noqa: PLC0415
    from finetune.split import split  # noqa: PLC0415

    recipe = load_recipe(options.recipe)
    parts = split(list(read_corpus(options.corpus)), recipe.held_out_share)
    from finetune.card import read_run  # noqa: PLC0415  # torch from here on
    from finetune.pretrain import pretrain  # noqa: PLC0415

    pretrain(recipe, parts.train, parts.held_out, options.out)
    return {"out": str(options.out), "metrics": read_run(options.out)["metrics"]}


def _train(options: argparse.Namespace) -> Answer:
    from finetune.recipe import load_recipe  # noqa: PLC0415
    from finetune.split import split  # noqa: PLC0415

    recipe = load_recipe(options.recipe)
    parts = split(list(read_corpus(options.corpus)), recipe.held_out_share)
    from finetune.card import read_run  # noqa: PLC0415  # torch from here on
    from finetune.train import train  # noqa: PLC0415

    train(recipe, options.base, parts.train, parts.held_out, options.out)
    return {"out": str(options.out), "metrics": read_run(options.out)["metrics"]}


def _evaluate(options: argparse.Namespace) -> Answer:
    from finetune.evaluate.report import (  # noqa: PLC0415  # jieba, nltk
        NEED_NO_DIALOGUES,
        SUITES,
        evaluate,
    )

    suites = options.suite or SUITES
    if options.corpus is None and not NEED_NO_DIALOGUES.issuperset(suites):
        raise EvaluationError("evaluation.no_corpus")
    dialogues = [] if options.corpus is None else list(read_corpus(options.corpus))
    return evaluate(options.model, dialogues, suites, options.turns)


def _guard(options: argparse.Namespace) -> Answer:
    from finetune.guard.make import make  # noqa: PLC0415  # numpy

    return make(options.smile, options.crisis_dev, options.out)


def _guard_replies(options: argparse.Namespace) -> Answer:
    from finetune.guard.replies import make_replies  # noqa: PLC0415  # numpy

    return make_replies(options.smile, options.out)


def _ship(options: argparse.Namespace) -> Answer:
    from finetune.recipe import load_recipe  # noqa: PLC0415
    from finetune.ship import Corpora, ship  # noqa: PLC0415  # torch

    def say(stage: str) -> None:
        print(sentence(f"finetune.stage.{stage}"), file=sys.stderr, flush=True)

    corpora = Corpora(options.smile, options.smile_dev, options.cpsycoun)
    return ship(load_recipe(options.recipe), corpora, options.work, options.out, say)


_COMMANDS: Final[dict[str, Callable[[argparse.Namespace], Answer]]] = {
    "corpus_import": _corpus_import,
    "corpus_build": _corpus_build,
    "corpus_stats": _corpus_stats,
    "corpus_split": _corpus_split,
    "pretrain": _pretrain,
    "train": _train,
    "evaluate": _evaluate,
    "guard": _guard,
    "guard-replies": _guard_replies,
    "ship": _ship,
}

if __name__ == "__main__":
    sys.exit(main())
