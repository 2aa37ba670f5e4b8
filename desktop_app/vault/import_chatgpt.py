"""A conversation out of ChatGPT's export, `conversations.json`: a tree of messages.

    {"title", "create_time", "current_node", "mapping": {id: {"message", "parent", "children"}}}

A message has `author.role`, `content.parts` and `create_time` in seconds. A part is text, or an
object: of what was spoken it has the words, of a picture only where it lay. Messages nobody saw,
empty ones, system and tool messages are left out; what followed them follows what they followed.
The format has no specification; this is what exports of 2023 to 2025 have in common, and what is
of another shape in one message costs that message at most.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any, Final

from desktop_app.dialogue import Role
from desktop_app.vault.carried import CarriedSession, CarriedTurn
from desktop_app.vault.import_own import time_of
from desktop_app.vault.sessions import SURROGATE

REFERENCE: Final = re.compile("\ue200([a-z_]*)\ue202?([^\ue200\ue201]*)\ue201")
"""What the web page draws as a small mark: a source, or the name of somebody or something."""
MARKS: Final = re.compile("[\ue200-\ue206]")


def chatgpt_session(plain: dict[str, Any], name: str) -> tuple[CarriedSession, int]:
    """Return the conversation with its versions, and in how many messages something is no text.

    Raises:
        ValueError, TypeError, LookupError, AttributeError: it is of another shape.
    """
    nodes = plain["mapping"]
    current = plain.get("current_node")
    shown = _path_to(nodes, current) if current in nodes else None
    places: dict[str, int | None] = {}
    turns: list[CarriedTurn] = []
    continued: set[int | None] = set()
    left_out = 0
    for node in _from_the_top(nodes):
        parent = nodes[node].get("parent")
        after = places.get(parent) if parent is not None else None
        role, text, without = _said(nodes[node].get("message"))
        left_out += without
        if role is None:
            places[node] = after
            continue
        chosen = node in shown if shown is not None else after not in continued
        chosen = chosen and after not in continued and (after is None or turns[after].chosen)
        if chosen:
            continued.add(after)
        places[node] = len(turns)
        created = _time(nodes[node]["message"])
        turns.append(CarriedTurn(role, text, created=created, after=after, chosen=chosen))
    return CarriedSession(name, tuple(turns), _text(plain.get("title")), _time(plain)), left_out


def _from_the_top(nodes: dict[str, Any]) -> list[str]:
    """Return every node after its parent; a tree can be deeper than Python's stack."""
    order = [node for node in nodes if nodes[node].get("parent") not in nodes]
    seen = set(order)
    for node in order:
        for child in nodes[node].get("children") or []:
            if child in nodes and child not in seen:
                seen.add(child)
                order.append(child)
    if len(order) != len(nodes):
        raise ValueError("not a tree")
    return order


def _path_to(nodes: dict[str, Any], node: str | None) -> set[str]:
    path: set[str] = set()
    while node is not None and node in nodes and node not in path:
        path.add(node)
        node = nodes[node].get("parent")
    return path


def _said(message: object) -> tuple[Role | None, str, bool]:
    """Return who said what, None where it is nothing to keep; and whether some of it is no text."""
    match message:
        case {"metadata": {"is_visually_hidden_from_conversation": True}}:
            return None, "", False
        case {"recipient": str(recipient)} if recipient != "all":  # a tool
            return None, "", False
        case {
            "author": {"role": ("user" | "assistant") as speaker},
            "content": {"parts": [*parts]},
        }:
            role = Role(speaker)
        case _:
            return None, "", False
    text = "\n".join(words for words in map(_words, parts) if words)
    if not text.strip():
        return None, "", any(isinstance(part, dict) for part in parts)
    return role, text, any(_is_no_text(part) for part in parts)


def _words(part: object) -> str:
    """Return what can be read of a part."""
    match part:
        case {"text": str(said)} | str(said):
            return MARKS.sub("", REFERENCE.sub(_name, _text(said)))
    return ""


def _is_no_text(part: object) -> bool:
    """Tell whether a part is more than words; of what was spoken the words are a part, too."""
    return (
        isinstance(part, dict)
        and "text" not in part
        and "audio" not in str(part.get("content_type"))
    )


def _name(reference: re.Match[str]) -> str:
    """Return the words a mark stands for; a source has none."""
    if reference[1] == "entity":
        with suppress(ValueError, LookupError, TypeError):
            return str(json.loads(reference[2])[1])
    return ""


def _text(plain: object) -> str:
    """Return a text in which half a character is a mark that it was one; none is empty."""
    return SURROGATE.sub("\ufffd", plain) if isinstance(plain, str) else ""


def _time(plain: dict[str, Any]) -> int | None:
    """Return milliseconds since 1970; None where there is no time a calendar knows."""
    with suppress(ValueError, TypeError, LookupError, OverflowError):
        return time_of(int(plain["create_time"] * 1000))
    return None
