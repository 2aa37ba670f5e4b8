"""Looks for a text in everything a locked window could still hold it in."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from types import FrameType

from PySide6.QtCore import QAbstractItemModel, QObject, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface, QGuiApplication, QTextDocument
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPlainTextEdit, QTextEdit, QWidget
from shiboken6 import isValid

DEEPEST, STEPS_BACK = 40, 5
ENCODINGS = ("utf-8", "utf-16-le")
UNTRACKED = (tuple, dict, frozenset, set)
"""The collector does not list those that hold plain values alone; they hang on what it lists."""


def unwritten(*parts: str) -> str:
    """Return a text that stands in no source file: line caches, and hypothesis, keep those."""
    return "".join(parts)


def holders(text: str) -> list[str]:
    """Name all that holds `text`: widgets, models, documents, what a screen reader is told, strings
    and bytes of Python objects (but for `text` itself), the clipboard.
    """
    found = [f"widget {name}" for name, held in _widgets() if text in held]
    found += [f"spoken {name}" for name, held in _spoken() if text in held]
    found += [f"object {name}" for name, held in _qt_objects() if text in held]
    raw = [text.encode(encoding) for encoding in ENCODINGS]
    for owner, name, held in _held():
        if isinstance(held, str):
            if held is not text and text in held:
                found.append(f"string of {name}{_held_by(owner)}")
        elif any(each in held and each is not held for each in raw):
            found.append(f"bytes of {name}{_held_by(owner)}")
    if text in QGuiApplication.clipboard().text():
        found.append("clipboard")
    return found


def _widgets() -> Iterator[tuple[str, str]]:
    for widget in QApplication.allWidgets():
        name = type(widget).__name__
        yield name, f"{widget.toolTip()}\n{widget.windowTitle()}\n{widget.accessibleName()}"
        if isinstance(widget, (QLabel, QLineEdit)):
            yield name, widget.text()
        elif isinstance(widget, (QPlainTextEdit, QTextEdit)):
            yield name, widget.toPlainText()


def _spoken() -> Iterator[tuple[str, str]]:
    for widget in QApplication.topLevelWidgets():
        interface = QAccessible.queryAccessibleInterface(widget)
        if interface is not None:
            yield from _below(interface, DEEPEST)


def _below(interface: QAccessibleInterface, depth: int) -> Iterator[tuple[str, str]]:
    for kind in QAccessible.Text:
        if kind.name in {"Name", "Description", "Value", "Help"}:
            yield str(interface.role()), interface.text(kind)
    for number in range(interface.childCount() if depth else 0):
        child = interface.child(number)
        if child is not None and child.isValid():
            yield from _below(child, depth - 1)


def _qt_objects() -> Iterator[tuple[str, str]]:
    for thing in gc.get_objects():
        if not isinstance(thing, QObject) or not isValid(thing):
            continue
        name = type(thing).__name__
        if isinstance(thing, QTextDocument):
            yield name, thing.toPlainText()
        elif isinstance(thing, QAbstractItemModel):
            for row in range(thing.rowCount()):
                for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
                    yield name, str(thing.index(row, 0).data(role))
        elif isinstance(thing, QWidget):
            yield name, thing.statusTip()


def _held() -> Iterator[tuple[object, str, str | bytes]]:
    seen: set[int] = set()
    for thing in gc.get_objects():
        if not isinstance(thing, FrameType):  # this search's own among them
            for name, held in _below_object(type(thing).__name__, thing, seen):
                yield thing, name, held


def _held_by(thing: object) -> str:
    """Say who holds `thing`, some steps back: enough for a failure seen on another machine."""
    trail, before = "", {id(thing)}
    for _ in range(STEPS_BACK):
        owners = [
            each
            for each in gc.get_referrers(thing)
            if not isinstance(each, FrameType) and id(each) not in before
        ]
        owner = next((each for each in owners if not isinstance(each, list)), None)
        if owner is None:
            break
        trail += f" < {type(owner).__name__}"
        before.add(id(owner))
        thing = owner
    return trail


def _below_object(name: str, thing: object, seen: set[int]) -> Iterator[tuple[str, str | bytes]]:
    for part in gc.get_referents(thing):
        if isinstance(part, (str, bytes, bytearray)):
            yield name, part if isinstance(part, str) else bytes(part)
        elif type(part) in UNTRACKED and not gc.is_tracked(part) and id(part) not in seen:
            seen.add(id(part))
            yield from _below_object(f"{name}, {type(part).__name__}", part, seen)
