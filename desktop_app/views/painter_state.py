"""What is painted leaves the painter as it was, also where it fails.

Qt ends the program over a painter that a delegate did not give back as it came.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtGui import QPainter


@contextmanager
def put_back(painter: QPainter) -> Iterator[None]:
    """Give `painter` back its pen, font, place and clip in the end."""
    painter.save()
    try:
        yield
    finally:
        painter.restore()
