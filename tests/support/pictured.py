"""A conversation of ChatGPT's in which a picture was looked at last, and words stand beside it."""

from __future__ import annotations

from typing import Any

PICTURE = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://y"}


def node(parent: str | None, role: str, said: object, children: list[str]) -> dict[str, Any]:
    """Return a node of the tree."""
    content = {"content_type": "multimodal_text", "parts": [said]}
    message = {"author": {"role": role}, "create_time": 1_700_000_000, "content": content}
    return {"message": message, "parent": parent, "children": children}


def pictured(title: str = "") -> dict[str, Any]:
    """Return the conversation; its words are 画一只猫."""
    return {
        "title": title,
        "create_time": 1_700_000_000,
        "conversation_id": "pictured",
        "current_node": "a2",
        "mapping": {
            "root": node(None, "system", "", ["u1", "u2", "system"]),
            "system": node("root", "system", "", []),
            "u1": node("root", "user", "画一只猫", ["a1"]),
            "a1": node("u1", "assistant", "好的", []),
            "u2": node("root", "user", PICTURE, ["a2"]),
            "a2": node("u2", "assistant", "", []),
        },
    }
