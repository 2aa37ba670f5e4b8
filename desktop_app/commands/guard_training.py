"""What training and measuring ask of the guard, as a process of its own.

`python -m desktop_app.commands.guard_training features`: a message a line in, as
`{"text"}`; out `{"features": […], "wish", "act", "most", "form"}`: the levels that rules allow.
`… judge FOLDER`: `{"text", "history"}` in, `{"level"}` out, by the classifier of that folder.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from desktop_app.care.guard.classifier import Form, load
from desktop_app.care.guard.features import features
from desktop_app.care.guard.message import judge_message
from desktop_app.care.guard.reading import read
from desktop_app.care.guard.rules import hits, least, most
from desktop_app.commands.output import print_json


def main(arguments: list[str]) -> None:
    """Answer every line of standard input."""
    judge = load(Path(arguments[1])) if arguments[0] == "judge" else None
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        if judge is None:
            print_json(_features(asked["text"]))
        else:
            verdict = judge_message(asked["text"], asked["history"], classifier=judge)
            print_json({"level": verdict.level})


def _features(text: str) -> dict[str, Any]:
    reading = read(text)
    found = list(hits(reading))
    return {
        "features": features(reading, found).tolist(),
        "wish": least([hit for hit in found if hit.rule.wish]),
        "act": least([hit for hit in found if not hit.rule.wish]),
        "most": most(reading, found),
        "form": Form.of(reading.text),
    }


if __name__ == "__main__":
    main(sys.argv[1:])
