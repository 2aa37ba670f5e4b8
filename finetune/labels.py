"""Strategy and phase of a counsellor reply, by rule, and the control line that names them.

The strategies are those of emotional-support conversation (Liu et al., ACL 2021); the phases
follow Hill's helping skills as explore, understand, support, act. The rules read Chinese and
are coarse on purpose: they label training data, so that a planner can later ask for a question
where the model would have given advice. Half of the training turns carry no line, so the model
also speaks without one.
"""

from __future__ import annotations

import re
from typing import Final, Literal

Strategy = Literal[
    "question", "restatement", "reflection", "affirmation", "comfort", "suggestion", "information"
]
Phase = Literal["explore", "understand", "support", "act"]

STRATEGY_WORDS: Final[dict[Strategy, str]] = {
    "question": "提问",
    "restatement": "复述",
    "reflection": "共情",
    "affirmation": "肯定",
    "comfort": "安慰",
    "suggestion": "建议",
    "information": "说明",
}
PHASE_WORDS: Final[dict[Phase, str]] = {
    "explore": "探索",
    "understand": "理解",
    "support": "支持",
    "act": "行动",
}

_QUESTION_END: Final = re.compile(r"[？?][”」』）)]*$")
# In this order: what changes the conversation most is found first.
_SIGNS: Final[tuple[tuple[Strategy, re.Pattern[str]], ...]] = (
    (
        "suggestion",
        re.compile(r"建议|不妨|试着|尝试|可以考虑|推荐|你可以|可以通过|或许可以|可以先|最好"),
    ),
    ("information", re.compile(r"研究|心理学|通常|一般来说|常见的|是指|意味着|往往|是一种")),
    (
        "affirmation",
        re.compile(r"很好|真棒|勇敢|值得肯定|做得|赞|很高兴|了不起|努力|积极的|欣赏|难得|进步"),
    ),
    ("comfort", re.compile(r"别担心|不要担心|没关系|陪|不是一个人|抱抱|支持你|会好|加油|放心|祝")),
    ("restatement", re.compile(r"你提到|你说|你刚才|也就是说|换句话说|你的意思|看来你|你觉得自己")),
)


def strategy_of(reply: str) -> Strategy:
    """Return what a counsellor reply mainly does."""
    if _QUESTION_END.search(reply.strip()):
        return "question"
    for strategy, signs in _SIGNS:
        if signs.search(reply):
            return strategy
    return "reflection"


def phase_of(strategy: Strategy, turn: int, turns: int) -> Phase:
    """Return the phase of counsellor turn `turn` (from 0) of `turns`."""
    if strategy in {"suggestion", "information"}:
        return "act"
    if turn * 4 < turns or (strategy == "question" and turn * 2 < turns):
        return "explore"
    return "understand" if strategy in {"question", "restatement", "reflection"} else "support"


def control_line(strategy: Strategy, phase: Phase) -> str:
    """Return the content of the system message that asks for a strategy in a phase."""
    return f"{PHASE_WORDS[phase]}：{STRATEGY_WORDS[strategy]}"
