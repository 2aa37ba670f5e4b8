"""`soulchat-finetune guard-replies`: replies in, the classifier of replies out.

Written replies (`written_replies.jsonl`: half of them wrong, half harmless, most of these about the
same things) and a counsellor's own from SMILE, taken for harmless. Each sentence is learnt from:
the wrong one of a wrong reply, and with less weight the others around it. From which score on a
sentence is wrong is chosen on replies that the weights have not learnt from.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from finetune.corpus.dialogue import json_lines
from finetune.files import filled
from finetune.guard.app import replies_seen
from finetune.guard.card import replies_card
from finetune.guard.logistic import Numbers, Rows, fit
from finetune.guard.measure import wilson

FAULTS: Final = (
    "method",
    "place",
    "dose",
    "secrecy",
    "diagnosis",
    "claims_to_be_human",
    "encourages_dying",
    "violence",
    "dependence",
)
"""As the app names them, in the order of its heads."""
REAL: Final = 8000
"""So many replies of SMILE are learnt from or bound."""
FOLDS: Final = 4
STRENGTH: Final = 10.0
BESIDE: Final = 0.3
"""What a sentence counts that stands beside a wrong one."""
ALARMS: Final = {"written": 0.08, "real": 0.002}
"""Share of harmless replies that may be withheld: of the written ones, most of which speak of the
very thing, and of a counsellor's."""
SCRIPTS: Final = ("other", "latin")
FIXED: Final = "fixed"
"""The hand of what the app says by itself: learnt from, and bounds nothing."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply, and what is wrong with it."""

    text: str
    bad: str
    """The sentence that is wrong; empty where none is."""
    fault: str
    lang: str
    hand: str

    @property
    def real(self) -> bool:
        """Tell whether it is of SMILE."""
        return not self.hand


@dataclass(frozen=True, slots=True)
class Sentences:
    """Every sentence of some replies."""

    features: list[npt.NDArray[np.int64]]
    of: npt.NDArray[np.int64]
    """(n,) the place of its reply."""
    fault: npt.NDArray[np.str_]
    worth: Numbers
    script: npt.NDArray[np.str_]
    """(n,) as the app tells them apart."""
    listed: npt.NDArray[np.bool_]
    """(replies,) whether the app's lists name a fault in the reply."""


def make_replies(smile: Path, out: Path) -> dict[str, Any]:
    """Train, choose bounds, measure on what is held out, and write `replies.npz` and `.json`.

    Raises:
        CorpusError: SMILE is missing or no corpus.
        StageError: the app's guard could not be asked.
        TrainingError: `out` cannot be written.
    """
    replies = [*written("written_replies"), *_fixed(), *_real(smile)]
    learnt = sentences(replies)
    rows = Rows.of(learnt.features)
    unseen = _unseen(rows, learnt, replies)
    bounds = {script: _bound(unseen, learnt, replies, script) for script in SCRIPTS}
    weights = [_head(rows, learnt, name)(learnt.worth) for name in ("any", *FAULTS)]
    held_out = written("written_replies_held_out")
    facts = {
        "bounds": bounds,
        "learnt_from": {
            "written": sum(each.hand not in {"", FIXED} for each in replies),
            "real": sum(each.real for each in replies),
        },
        "held_out": len(held_out),
        "unseen": _measured(unseen, learnt, replies, bounds),
        "measured": _measured(
            _scores(rows, weights[0], held := sentences(held_out)), held, held_out, bounds
        ),
    }
    with filled(out) as folder:
        with (folder / "replies.npz").open("wb") as file:
            np.savez_compressed(file, **_stored(rows, weights))
        text = json.dumps(facts, ensure_ascii=False, indent=1)
        (folder / "replies.json").write_text(text + "\n", encoding="utf-8")
        (folder / "REPLIES_CARD.md").write_text(replies_card(facts), encoding="utf-8")
    return facts


def written(name: str) -> list[Reply]:
    """Return the written replies that lie beside this file."""
    path = Path(str(resources.files("finetune.guard").joinpath(f"{name}.jsonl")))
    return [
        Reply(r["reply"], r["bad"], r["fault"], r["lang"], r["hand"]) for _, r in json_lines(path)
    ]


def _fixed() -> Iterator[Reply]:
    """Yield what the app itself says in danger: never wrong, however much it speaks of dying."""
    file = resources.files("resources").joinpath("guard", "fixed_replies.toml")
    for each in tomllib.loads(file.read_text(encoding="utf-8"))["reply"]:
        yield from (Reply(each[lang], "", "none", lang, FIXED) for lang in ("zh", "en"))


def sentences(replies: Sequence[Reply]) -> Sentences:
    """Return all sentences of these replies, as the app sees them."""
    seen = replies_seen([each.text for each in replies], [each.bad for each in replies])
    features, of, fault, worth, script = [], [], [], [], []
    for place, (reply, one) in enumerate(zip(replies, seen, strict=True)):
        for indices, latin, wrong in zip(one.features, one.latin, one.wrong, strict=True):
            features.append(indices)
            of.append(place)
            fault.append(reply.fault if wrong else "none")
            worth.append(BESIDE if reply.bad and not wrong else 1.0)
            script.append("latin" if latin else "other")
    return Sentences(
        features,
        np.array(of),
        np.array(fault),
        np.array(worth),
        np.array(script),
        np.array([bool(one.rules) for one in seen]),
    )


def _real(smile: Path) -> Iterator[Reply]:
    """Yield replies of SMILE's counsellors, one of a dialogue, the same ones every time."""
    drawn = sorted(
        (hashlib.sha256(f"guard reply {record['id']}".encode()).digest(), record["messages"])
        for _, record in json_lines(smile)
    )
    for digest, messages in drawn[:REAL]:
        said = [each["content"] for each in messages if each["role"] != "client"]
        if said:
            yield Reply(said[digest[0] % len(said)], "", "none", "zh", "")


def _head(rows: Rows, learnt: Sentences, name: str) -> Any:
    wrong = learnt.fault != "none" if name == "any" else learnt.fault == name
    return lambda worth: fit(rows, wrong, worth, STRENGTH)


def _unseen(rows: Rows, learnt: Sentences, replies: Sequence[Reply]) -> Numbers:
    """Return the score (n,) of each sentence by weights that learnt from nothing of its hand."""
    hands = sorted({each.hand for each in replies if each.hand})
    fold = np.array(
        [
            (hands.index(each.hand) if each.hand else place) % FOLDS
            for place, each in enumerate(replies)
        ]
    )[learnt.of]
    scores = np.zeros(len(fold))
    for number in range(FOLDS):
        there = fold == number
        scores[there] = rows.scores(_head(rows, learnt, "any")(np.where(there, 0.0, learnt.worth)))[
            there
        ]
    return scores


def _scores(rows: Rows, weights: Numbers, those: Sentences) -> Numbers:
    whole = rows.spread(weights)
    worth = [len(indices) ** -0.25 / 3.0 for indices in those.features]
    return np.array(
        [whole[i].sum() * v + weights[-1] for i, v in zip(those.features, worth, strict=True)]
    )


def _worst(scores: Numbers, those: Sentences, script: str, count: int) -> Numbers:
    """Return the highest score (count,) of each reply's sentences of one script."""
    worst = np.full(count, -np.inf)
    here = those.script == script
    np.maximum.at(worst, those.of[here], scores[here])
    return worst


def _bound(scores: Numbers, those: Sentences, replies: Sequence[Reply], script: str) -> float:
    """Return the lowest bound that keeps harmless replies with such sentences within `ALARMS`."""
    worst = _worst(scores, those, script, len(replies))
    harmless = np.array([not each.bad and each.hand != FIXED for each in replies])
    harmless &= np.isfinite(worst) & ~those.listed
    real = np.array([each.real for each in replies])
    return round(
        max(
            float(np.quantile(worst[marks], 1 - ALARMS[kind]))
            for kind, marks in (("written", harmless & ~real), ("real", harmless & real))
            if marks.any()
        ),
        3,
    )


def _measured(
    scores: Numbers, those: Sentences, replies: Sequence[Reply], bounds: dict[str, float]
) -> dict[str, Any]:
    """Return how many wrong and harmless replies are withheld, by the lists alone and by both."""
    heard = np.zeros(len(replies), dtype=bool)
    for script, bound in bounds.items():
        heard |= _worst(scores, those, script, len(replies)) >= bound
    groups = {
        **{
            f"wrong_{lang}": [r.bad != "" and r.lang == lang for r in replies]
            for lang in ("zh", "en")
        },
        **{f"wrong_{name}": [r.fault == name for r in replies] for name in FAULTS},
        **{
            f"harmless_{lang}": [
                not r.bad and r.lang == lang and r.hand not in {"", FIXED} for r in replies
            ]
            for lang in ("zh", "en")
        },
        "harmless_real": [r.real for r in replies],
    }

    def share(marks: npt.NDArray[np.bool_], hit: npt.NDArray[np.bool_]) -> dict[str, Any]:
        count, of = int((marks & hit).sum()), int(marks.sum())
        rate = round(count / of, 3) if of else None
        return {"count": count, "of": of, "share": rate, "interval": wilson(count, of)}

    return {
        name: {
            "lists": share(np.array(marks), those.listed),
            "both": share(np.array(marks), those.listed | heard),
        }
        for name, marks in groups.items()
        if any(marks)
    }


def _stored(rows: Rows, weights: Sequence[Numbers]) -> dict[str, Any]:
    """Return the arrays that the app reads: of the buckets that have a weight alone."""
    of_kept = np.stack([one[:-1] for one in weights])  # (heads, kept)
    scale = np.abs(of_kept).max(axis=1) / 127
    small = np.rint(of_kept / scale[:, None]).astype(np.int8)
    some = small.any(axis=0)
    return {
        "kept": rows.kept[some].astype(np.int32),
        "weights": small[:, some],
        "scale": scale.astype(np.float32),
        "bias": np.array([one[-1] for one in weights], dtype=np.float32),
    }
