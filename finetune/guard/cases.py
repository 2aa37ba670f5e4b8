"""Labelled messages: real ones looked up in the corpora by their ids, and written ones.

`labels.jsonl` holds ids and labels of messages of SMILE's training file, no text. How they
were made is in `GUARD_CARD.md`; the guide is the one of `crisis-dev.jsonl`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Final

from finetune.corpus.dialogue import json_lines
from finetune.errors import CorpusError

AT_RISK: Final = frozenset({"emergency", "ideation", "self_harm", "harm_others", "abuse"})
LABELS: Final = AT_RISK | {"history", "none"}
CORPUS: Final = "smile"
OTHERS: Final = (
    *("first", "second", "third", "fourth", "eleventh", "twelfth", "thirteenth", "fourteenth"),
    *("fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth"),
    *("twenty-second", "twenty-third", "twentieth", "twenty-first"),
    *("twenty-sixth", "twenty-seventh", "twenty-fourth", "twenty-fifth"),
    *("thirtieth", "thirty-first"),
)
"""Those who wrote messages without having seen the guard. Of four that stand together each is left
out with another part of the rest; the last ten so that either language is in every part."""
ASSIGNED: Final = "sheet-"
"""How the names of those begin who wrote to assignments drawn by chance: who speaks, how openly, in
what tone, with what words. Always learnt from; no threshold stands on them."""
VEILED: Final = frozenset({"fifth", "sixth", "seventh", "eighth", "ninth", "tenth"})
"""Nor had these; they wrote danger without its words, beside harmless twins of it: most of what
they wrote is harder than what people say, so no threshold stands on it."""


@dataclass(frozen=True, slots=True)
class Case:
    """One message and what a reader said of it."""

    text: str
    history: tuple[str, ...]
    label: str
    unsure: bool
    """On the border of two labels: trained with half the weight, not scored."""
    lang: str
    source: str
    """`smile/<dialogue>/<message>`, or `written/<number>`."""
    kind: str = ""
    hand: str = ""
    """Who wrote it: all of another hand's are unseen together when thresholds are chosen."""

    @property
    def real(self) -> bool:
        """Tell whether a person's forum post stands behind it."""
        return self.source.startswith(f"{CORPUS}/")

    @property
    def at_risk(self) -> bool:
        """Tell whether the guard should notice it."""
        return self.label in AT_RISK

    @property
    def dialogue(self) -> str:
        """The dialogue it was said in."""
        return self.source.rpartition("/")[0]


def labelled(smile: Path) -> list[Case]:
    """Return the messages of `labels.jsonl`, looked up in SMILE's training file.

    Raises:
        CorpusError: the file cannot be read, or it is not the one that was labelled.
    """
    marks = {record["source"]: record for _, record in json_lines(_beside("labels.jsonl"))}
    wanted = {source.split("/")[1] for source in marks}
    dialogues = {
        str(record["id"]): record["messages"]
        for _, record in json_lines(smile)
        if str(record["id"]) in wanted
    }
    cases = []
    for source, mark in marks.items():
        _, dialogue, place = source.split("/")
        try:
            messages: list[dict[str, str]] = dialogues[dialogue]
            text = messages[int(place)]["content"]
        except (KeyError, IndexError) as error:
            raise CorpusError("corpus.not_labelled_one", path=smile, source=source) from error
        before = [m["content"] for m in messages[: int(place)] if m["role"] == "client"]
        cases.append(Case(text, tuple(before), mark["label"], mark["unsure"], "zh", source))
    return cases


def developed(crisis_dev: Path) -> list[Case]:
    """Return the messages of `crisis-dev.jsonl`; raises CorpusError when it cannot be read."""
    return [
        Case(record["text"], (), record["label"], record["unsure"], "zh", record["source"])
        for record in _shaped(crisis_dev, {"text", "label", "unsure", "source"})
    ]


def written(name: str) -> list[Case]:
    """Return written cases that lie beside this file: `written` or `written_held_out`."""
    return [
        Case(
            record["text"],
            tuple(record["history"]),
            record["label"],
            record.get("unsure", False),
            record["lang"],
            f"{name}/{number}",
            record["kind"],
            record.get("hand", ""),
        )
        for number, record in json_lines(_beside(f"{name}.jsonl"))
    ]


def without_unsure(cases: Sequence[Case]) -> list[Case]:
    """Return the cases a score may count."""
    return [case for case in cases if not case.unsure]


def _shaped(path: Path, fields: set[str]) -> Iterator[dict[str, Any]]:
    for number, record in json_lines(path):
        if not fields <= record.keys() or record["label"] not in LABELS:
            raise CorpusError("corpus.wrong_shape", path=path, line=number)
        yield record


def _beside(name: str) -> Path:
    return Path(str(resources.files("finetune.guard").joinpath(name)))
