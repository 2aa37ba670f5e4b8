"""What training and measuring ask of the guard, as a process of its own.

`python -m desktop_app.commands.guard_training features`: `{"text", "history"}` a line in; out what
the classifiers look at and the levels that rules allow (`finetune.guard.app.Seen`).
`… judge FOLDER`: the same in, `{"level", "risk", "emergency"}` out, the last two in log odds, by
the classifier of that folder.
`… replies`: `{"reply", "marked"}` a line in; out what the reply's classifier looks at in each
sentence, which of them hold what is marked as wrong, and the faults that the lists name.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

from desktop_app.care.guard.classifier import load
from desktop_app.care.guard.data import is_latin
from desktop_app.care.guard.message import InContext, judge_message, recent_of
from desktop_app.care.guard.reply import listed, sentences_of
from desktop_app.care.guard.reply_classifier import seen
from desktop_app.care.guard.rules import least
from desktop_app.care.guard.said import Said
from desktop_app.commands.output import print_json

BRIEF: Final = 3
"""Characters; what is no longer is found in too many sentences."""


def main(arguments: list[str]) -> None:
    """Answer every line of standard input."""
    judge = load(Path(arguments[1])) if arguments[0] == "judge" else None
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        if arguments[0] == "replies":
            print_json(_reply(asked))
        elif judge is None:
            print_json(_features(asked))
        else:
            text, history = asked["text"], asked["history"]
            scores = judge.scores(_in_context(asked).seen)
            verdict = judge_message(text, history, classifier=judge)
            both = {name: scores[name] for name in ("risk", "emergency")}
            print_json({"level": verdict.level} | both)


def _features(asked: dict[str, Any]) -> dict[str, Any]:
    context = _in_context(asked)
    return {
        "features": context.seen.indices.tolist(),
        "tokens": context.seen.row.tolist(),
        "before": context.seen.before,
        "wish": least([hit for hit in context.new.hits if hit.rule.wish]),
        "act": least([hit for hit in context.new.hits if not hit.rule.wish]),
        "most": context.most,
        "kept": context.kept,
        "ordinary": context.ordinary,
        "joke": "joke" in context.new.concepts,
        "form": context.form,
    }


def _reply(asked: dict[str, Any]) -> dict[str, Any]:
    sentences = list(sentences_of(asked["reply"]))
    marked = list(sentences_of(asked["marked"]))
    return {
        "features": [indices.tolist() for indices in seen(sentences)],
        "latin": [is_latin(sentence) for sentence in sentences],
        "wrong": [_holds(sentence, marked) for sentence in sentences],
        "rules": [each.name for each in listed(asked["reply"])],
    }


def _holds(sentence: str, marked: list[str]) -> bool:
    """Tell whether a sentence is one of those marked, or holds it, or is a part of it."""
    return any(
        sentence == one
        or (min(len(sentence), len(one)) > BRIEF and (one in sentence or sentence in one))
        for one in marked
    )


def _in_context(asked: dict[str, Any]) -> InContext:
    return InContext.of(Said.of(asked["text"]), recent_of(asked["history"]))


if __name__ == "__main__":
    main(sys.argv[1:])
