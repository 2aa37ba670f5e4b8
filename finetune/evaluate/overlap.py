"""BLEU and ROUGE as the paper's field computes them, floors printed beside.

The recipe of ChatGLM-6B's P-tuning script and LLaMA-Factory's `metric.py`, which fits the
ratios of the SoulChat paper's Table 1: jieba words and `rouge_chinese` F1 for ROUGE; lists of
characters and NLTK's cumulative BLEU with smoothing method 3. `sacrebleu`'s `zh` corpus BLEU is
given beside, with its signature, because it can be reproduced without knowing this file.
"""

from __future__ import annotations

import logging
import random
from collections import defaultdict
from collections.abc import Sequence
from statistics import mean
from typing import Any

import jieba
import sacrebleu
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
from rouge_chinese import Rouge

RESAMPLES = 1000


def overlap(
    hypotheses: Sequence[str], references: Sequence[str], questions: Sequence[str]
) -> dict[str, Any]:
    """Return mean scores × 100, 95 % intervals over source questions, and the floors."""
    scores = [_score(h, r) for h, r in zip(hypotheses, references, strict=True)]
    shuffled = list(references)
    random.Random(0).shuffle(shuffled)  # noqa: S311  # a fixed draw, not a secret
    floor = [_score(h, r) for h, r in zip(shuffled, references, strict=True)]
    usual = max(set(hypotheses), key=list(hypotheses).count)
    same = [_score(usual, r) for r in references]
    corpus = sacrebleu.BLEU(tokenize="zh")
    return {
        "scores": _means(scores),
        "interval_95": _intervals(scores, questions),
        "floor_random_pair": _means(floor),
        "floor_one_sentence": _means(same),
        "sacrebleu_zh": round(corpus.corpus_score(list(hypotheses), [list(references)]).score, 2),
        "sacrebleu_signature": str(corpus.get_signature()),
    }


def _score(hypothesis: str, reference: str) -> dict[str, float]:
    jieba.setLogLevel(logging.WARNING)
    words = [" ".join(jieba.cut(text)) for text in (hypothesis, reference)]
    scores = {"rouge-1": 0.0, "rouge-2": 0.0, "rouge-l": 0.0}
    if all(w.strip() for w in words):
        found = Rouge().get_scores(*words)[0]
        scores = {name: found[name]["f"] * 100 for name in scores}
    smooth = SmoothingFunction().method3
    for n in range(1, 5):
        weights = tuple([1 / n] * n)
        value = sentence_bleu([list(reference)], list(hypothesis), weights, smooth)
        scores[f"bleu-{n}"] = float(value) * 100
    return scores


def _means(scores: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: round(mean(s[name] for s in scores), 2) for name in sorted(scores[0])}


def _intervals(
    scores: Sequence[dict[str, float]], questions: Sequence[str]
) -> dict[str, tuple[float, float]]:
    """Bootstrap over source questions: turns of one question are not independent."""
    groups: dict[str, list[dict[str, float]]] = defaultdict(list)
    for score, question in zip(scores, questions, strict=True):
        groups[question].append(score)
    members = list(groups.values())
    draws = random.Random(0)  # noqa: S311  # a fixed draw, not a secret
    intervals = {}
    for name in sorted(scores[0]):
        sums = [(sum(s[name] for s in group), len(group)) for group in members]
        means = []
        for _ in range(RESAMPLES):
            drawn = draws.choices(sums, k=len(sums))
            means.append(sum(s for s, _ in drawn) / sum(n for _, n in drawn))
        means.sort()
        low, high = means[RESAMPLES // 40], means[-RESAMPLES // 40]
        intervals[name] = (round(low, 2), round(high, 2))
    return intervals
