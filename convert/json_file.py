"""Reads the small JSON files of a model folder; a damaged one is the world's fault."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from convert.errors import BaseModelError
from resources.system_errors import reason_of


def read_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in `path`.

    Raises:
        BaseModelError: the file is missing, unreadable, or holds no JSON object.
    """
    text = read_text(path)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BaseModelError("json_damaged", path=path) from error
    if not isinstance(value, dict):
        raise BaseModelError("json_damaged", path=path)
    return cast("dict[str, Any]", value)


def read_text(path: Path) -> str:
    """Return the text of a JSON file.

    Raises:
        BaseModelError: the file is missing, unreadable, or no UTF-8.
    """
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        raise BaseModelError("file_missing", path=path) from None
    except OSError as error:
        raise BaseModelError("file_unreadable", path=path, reason=reason_of(error)) from error
    except UnicodeDecodeError as error:
        raise BaseModelError("json_damaged", path=path) from error


def read_optional_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in `path`, empty when there is no such file."""
    return read_object(path) if path.exists() else {}
