"""A small public-corpus file of our own writing, in the shape of SMILE, its faults included."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

OPENINGS = [
    "最近晚上总是睡不着，白天又没有精神。",
    "我和室友吵架了，现在谁也不理谁。",
    "妈妈总拿我和表姐比，我很难受。",
    "换了新工作，感觉自己什么都不会。",
    "养了十年的猫走了，我一直哭。",
    "快考试了，一看书就心慌。",
    "先生常常加班，家里好像只有我一个人。",
    "我不知道自己喜欢什么，也不知道以后做什么。",
    "上台发言的时候声音发抖，觉得很丢脸。",
    "朋友借了钱不还，我不好意思开口。",
    "孩子一写作业我就忍不住吼他。",
    "搬到新的城市，周末不知道可以找谁。",
]
FEELINGS = ["很委屈", "很害怕", "很累", "有点生气", "说不清楚", "挺内疚的"]
REPLIES = [
    "听起来这件事让你{feeling}，愿意多说一点吗？",
    "我能感受到你{feeling}。你提到的这些，放在谁身上都不容易。",
    "你愿意说出来，这很勇敢。",
    "没关系，我们可以慢慢来，你不是一个人。",
    "你可以试着先写下今晚最担心的一件事。",
]
LINES = [
    "其实我也说不好，就是{feeling}。",
    "嗯，昨天还为这个哭了。",
    "我从来没有跟别人说过。",
    "好，我今晚试试看。",
]


def dialogue(number: int) -> dict[str, object]:
    """Dialogue `number`: five exchanges about one of the openings."""
    feeling = FEELINGS[number % len(FEELINGS)]
    opening = f"{OPENINGS[number % len(OPENINGS)]}这是第{number}天了，{feeling}。"
    client = [opening, *LINES]
    messages = []
    for turn, line in enumerate(client):
        reply = REPLIES[(turn + number) % len(REPLIES)]
        messages.append({"role": "client", "content": line.format(feeling=feeling)})
        messages.append({"role": "counselor", "content": reply.format(feeling=feeling)})
    return {"id": number, "messages": messages}


def write_public_corpus(path: Path, numbers: Iterable[int] = range(60)) -> Path:
    """Write sound dialogues, one JSON object a line."""
    lines = [json.dumps(dialogue(n), ensure_ascii=False) for n in numbers]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
