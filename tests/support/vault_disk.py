"""A marker nobody else writes, and every form in which bytes on a disk could show it."""

from __future__ import annotations

import base64
import json
from pathlib import Path

MARKER = "蓝鲸在图书馆里失眠了 whale-7431"


def forms(text: str) -> dict[str, bytes]:
    """Return the encodings in which `text` would be readable."""
    encoded = {name: text.encode(name) for name in ("utf-8", "utf-16-le", "utf-16-be", "gb18030")}
    escaped = json.dumps(text)[1:-1].encode("ascii")
    # Base64 of a longer text holds one of three shifts of the marker; the edges depend on
    # the neighbours and are cut off.
    shifted = {
        f"base64+{shift}": base64.b64encode(b"\0" * shift + encoded["utf-8"])[4:-4]
        for shift in range(3)
    }
    return encoded | shifted | {"json": escaped}


def traces(folder: Path, text: str = MARKER) -> list[tuple[str, str]]:
    """Return (file, form) for every readable trace of `text` in files and names below `folder`."""
    found = []
    for path in sorted(folder.rglob("*")):
        content = path.name.encode() + (path.read_bytes() if path.is_file() else b"")
        found += [(path.name, form) for form, what in forms(text).items() if what in content]
    return found
