"""From which score on the guard speaks, chosen on its whole judgement of unseen messages.

What the app does with scores, rules and the danger told before is done here for many at once;
every threshold is the lowest that keeps false alarms of that whole within bounds (but for what the
app takes for none because it is short and stands alone, which lowers them further). They are first
chosen on messages of many hands, much of it harder than what people say, and at last `settled` on
hands that wrote what a mailbox holds and that no weights have learnt from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from finetune.guard.app import LEVELS, Seen
from finetune.guard.cases import OTHERS, Case

SOFT: Final = {
    "real": 0.06,
    "short": 0.065,
    "long": 0.09,
    "told": 0.07,
    "told_long": 0.09,
    "latin": 0.06,
    "latin_long": 0.09,
    "latin_told": 0.065,
}
"""Share of harmless messages that may be taken for concern, on unseen ones: of the real ones, and
of the written ones of each form."""
HARD: Final = {
    "real": 0.02,
    "short": 0.017,
    "long": 0.025,
    "told": 0.016,
    "told_long": 0.025,
    "latin": 0.017,
    "latin_long": 0.025,
    "latin_told": 0.017,
}
"""The same for high."""
EMERGENCY: Final = dict.fromkeys(HARD, 0.005)
"""The same for an emergency."""
FORMS: Final = ("short", "long", "latin", "latin_long", "told", "told_long", "latin_told")
SOBERED: Final = 0.02
"""Share of emergencies seen by a rule that may be lowered to concern for how harmless they look."""
ENOUGH: Final = 50
"""Harmless messages of one kind and form, below which they bound nothing where others do."""
MAILBOX: Final = {"concern": 0.08, "high": 0.02, "emergency": 0.006}
"""Share of harmless messages in a mailbox that may reach a level: the goal. A good part of the
hands it is pooled over writes what is harder than the next one will."""
LATIN: Final = MAILBOX | {"concern": 0.065}
"""The same for Latin letters: hands that were kept out alarm oftener there than those that bound,
and what is detected has room."""
REAL: Final = {"long": MAILBOX | {"concern": 0.04}, "told_long": MAILBOX | {"concern": 0.04}}
"""The same of real ones of a form, where it is less than of a mailbox: a long one tells danger in
plain words, and fewer alarms cost little."""
FEW: Final = 30
"""Harmless messages of a form, below which those of the script and no history count."""
LEVEL_OF: Final = {"emergency": 3, "high": 2, "concern": 1}
"""The level each bound leads to, as a place in `LEVELS`; in the order they are chosen in."""
STEP: Final = 0.02
ABOVE_ALL: Final = 99.0
LEFT: Final = 0.5
"""What part of a share is the classifier's, however much of it the rules have used."""
CONCERN, HIGH, EMERGENT = (LEVELS.index(name) for name in ("concern", "high", "emergency"))
Numbers = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Signals:
    """What the app judges by, of many messages (n,)."""

    risk: Numbers
    emergency: Numbers
    wish: npt.NDArray[np.int64]
    act: npt.NDArray[np.int64]
    most: npt.NDArray[np.int64]
    kept: npt.NDArray[np.int64]
    ordinary: Numbers
    joke: Marks
    form: npt.NDArray[np.str_]

    @classmethod
    def of(cls, seen: Sequence[Seen], risk: Numbers, emergency: Numbers) -> Signals:
        """Return the signals of messages as the app sees them, with their scores."""
        names = ("wish", "act", "most", "kept", "ordinary", "joke", "form")
        return cls(risk, emergency, *(np.array([getattr(s, name) for s in seen]) for name in names))

    def where(self, marks: Marks) -> Signals:
        """Return the marked ones."""
        return Signals(*(getattr(self, name)[marks] for name in Signals.__dataclass_fields__))

    def levels(self, limit: dict[str, float]) -> npt.NDArray[np.int64]:
        """Return the app's level of each, by the thresholds of one form."""
        grave = self.risk + self.emergency
        by_score = np.where(self.risk >= limit["concern"], CONCERN, 0)
        by_score = np.where(grave >= limit["high"], HIGH, by_score)
        by_score = np.where(self.emergency >= limit["emergency"], EMERGENT, by_score)
        lowered = np.where(
            self.risk < limit["sober_wish"], np.minimum(self.wish, CONCERN), self.wish
        )
        act = np.where(grave < limit["sober"], np.minimum(self.act, CONCERN), self.act)
        level = np.maximum(np.maximum(lowered, act), np.minimum(by_score, self.most))
        heard = self.joke | (self.risk >= limit["concern"] - self.ordinary)
        return np.where(heard, np.maximum(level, self.kept), level)


def thresholds(cases: Sequence[Case], signals: Signals) -> dict[str, dict[str, float]]:
    """Return thresholds by form, chosen on messages that the scoring weights have not seen."""
    label = np.array([case.label for case in cases])
    sure = np.array([not case.unsure for case in cases])
    kinds = {
        "real": np.array([case.real for case in cases]),
        "others": np.array([case.hand in OTHERS for case in cases]),
    }
    wished = (signals.wish >= HIGH) & np.isin(label, ["emergency", "ideation"])
    acted = (signals.act >= HIGH) & (label == "emergency")

    def sober(name: str, told: Marks, scores: Numbers) -> float:
        if not told.any():
            return -ABOVE_ALL
        here = told & (signals.form == name)
        return round(float(np.quantile(scores[here if here.sum() >= ENOUGH else told], SOBERED)), 3)

    def of(name: str) -> dict[str, float]:
        limit = {
            "concern": ABOVE_ALL,
            "high": ABOVE_ALL,
            "emergency": ABOVE_ALL,
            "sober": sober(name, acted, signals.risk + signals.emergency),
            "sober_wish": sober(name, wished, signals.risk),
        }
        harmless = (signals.form == name) & (label == "none") & sure
        bounding = {kind: harmless & of_kind for kind, of_kind in kinds.items()}
        enough = {k: marks for k, marks in bounding.items() if marks.sum() >= ENOUGH} or bounding
        for bound, shares in (("emergency", EMERGENCY), ("high", HARD), ("concern", SOFT)):
            limit[bound] = max(
                _lowest(_alarms(signals.where(marks), limit, bound, LEVEL_OF[bound]), share)
                for marks, share in (
                    (marks, shares["real" if kind == "real" else name])
                    for kind, marks in enough.items()
                    if marks.any()
                )
            )
        return limit

    return {name: of(name) for name in FORMS if (signals.form == name).any()}


@dataclass(frozen=True, slots=True)
class Unlearnt:
    """Messages with their signals by weights that have not learnt from them."""

    cases: Sequence[Case]
    signals: Signals

    def harmless(self) -> Marks:
        """Return which are surely harmless."""
        return np.array([c.label == "none" and not c.unsure for c in self.cases], dtype=bool)

    def real(self) -> Marks:
        """Return which are real ones."""
        return np.array([case.real for case in self.cases], dtype=bool)

    def emergencies(self, form: str) -> Signals:
        """Return the signals of those of one form that are surely emergencies."""
        urgent = [c.label == "emergency" and not c.unsure for c in self.cases]
        return self.signals.where(np.array(urgent, dtype=bool) & (self.signals.form == form))


def settled(
    chosen: dict[str, dict[str, float]], mailbox: Unlearnt, others: Unlearnt
) -> dict[str, dict[str, float]]:
    """Return thresholds with which a mailbox and real messages both stay within these shares.

    Args:
        chosen: by form, as `thresholds` chose them; of these the bounds of soberness stay.
        mailbox: what nothing has learnt from.
        others: what `chosen` stand on; the real ones among them bound, and no emergency of any is
            to be noticed less. A mailbox holds few of them: one bound would be raised out of reach.
    """
    found = {}
    for name, limit in chosen.items():
        harmless = mailbox.signals.where(_of_form(mailbox.signals, mailbox.harmless(), name))
        bounding = [(harmless, LATIN if name.startswith("latin") else MAILBOX)]
        of_real = others.harmless() & others.real() & (others.signals.form == name)
        if of_real.sum() >= ENOUGH:
            bounding.append((others.signals.where(of_real), REAL.get(name, MAILBOX)))
        found[name] = {**limit, **dict.fromkeys(LEVEL_OF, ABOVE_ALL)}
        for bound, level in LEVEL_OF.items():
            least = max(
                _lowest(_alarms(harmless, found[name], bound, level), shares[bound])
                for harmless, shares in bounding
            )
            heard = [
                _alarms(each.emergencies(name), found[name], bound, level)
                for each in (mailbox, others)
            ]
            # Of a concern a miss is worse than an alarm: it stays at its lowest.
            found[name][bound] = (
                least if bound == "concern" else min(_raised(each, least) for each in heard)
            )
    return found


def _of_form(signals: Signals, harmless: Marks, form: str) -> Marks:
    here: Marks = harmless & (signals.form == form)
    if here.sum() >= FEW:
        return here
    alike = ["latin", "latin_long"] if form.startswith("latin") else ["short", "long"]
    same_script: Marks = harmless & np.isin(signals.form, alike)
    return same_script


def _raised(heard: Callable[[float], float], least: float) -> float:
    """Return the highest threshold that hears as many as `least` does: alarms come for nothing."""
    values = np.round(np.arange(least, ABOVE_ALL / 10, STEP), 3)
    return float(max(value for value in values if heard(float(value)) >= heard(least)))


def _alarms(
    signals: Signals, limit: dict[str, float], bound: str, level: int
) -> Callable[[float], float]:
    def share(value: float) -> float:
        reached = signals.levels({**limit, bound: value}) >= level
        return float(reached.mean()) if len(reached) else 0.0

    return share


def _lowest(alarms: Callable[[float], float], share: float) -> float:
    """Return the lowest threshold of a fine row of them whose alarms stay within a share.

    Rules alone may use it up; the classifier may add a part of it all the same.
    """
    values = np.round(np.arange(-4.0, 10.0, STEP), 3)
    share = max(share, alarms(ABOVE_ALL) + share * LEFT)
    low, high = 0, len(values) - 1
    while low < high:  # alarms fall as the threshold rises
        middle = (low + high) // 2
        if alarms(float(values[middle])) <= share:
            high = middle
        else:
            low = middle + 1
    return float(values[low])
