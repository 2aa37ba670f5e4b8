"""The recovery code as a sheet of paper: as text for a terminal, as HTML for a printer.

Nothing of it is kept by the program. The mark tells the sheets of two histories apart.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import date
from typing import Final

from desktop_app.vault.recovery_code import RecoveryCode
from resources.messages import language, sentence

GROUPS_A_ROW: Final = 3
PARAGRAPHS: Final = ("how", "keep", "void")


@dataclass(frozen=True, slots=True)
class RecoverySheet:
    """A code, and what a person needs to know when it is found in a drawer years later."""

    code: RecoveryCode
    vault: str
    """Id of the history it opens."""
    made: date

    def text(self) -> str:
        """Return the sheet as lines."""
        rows = ("    " + "   ".join(row) for row in self._rows())
        return "\n".join([self._title(), self._about(), "", *rows, "", *self._paragraphs()])

    def html(self) -> str:
        """Return the sheet as one page without anything from outside."""
        cells = "".join(
            "<tr>" + "".join(f"<td>{group}</td>" for group in row) + "</tr>" for row in self._rows()
        )
        paragraphs = "".join(f"<p>{html.escape(text)}</p>" for text in self._paragraphs())
        title = html.escape(self._title())
        return (
            f'<!DOCTYPE html><html lang="{language()}"><head><meta charset="utf-8">'
            f"<title>{title}</title><style>"
            "body{font-family:sans-serif;font-size:12pt;line-height:1.6;margin:20mm}"
            "td{font-family:monospace;font-size:20pt;padding:2mm 8mm 2mm 0}"
            f"</style></head><body><h1>{title}</h1><p>{html.escape(self._about())}</p>"
            f"<table>{cells}</table>{paragraphs}</body></html>\n"
        )

    def _rows(self) -> list[tuple[str, ...]]:
        groups = self.code.groups
        return [groups[at : at + GROUPS_A_ROW] for at in range(0, len(groups), GROUPS_A_ROW)]

    def _title(self) -> str:
        return sentence("recovery_sheet.title")

    def _about(self) -> str:
        return sentence("recovery_sheet.about", made=self.made.isoformat(), mark=self.vault[:8])

    def _paragraphs(self) -> list[str]:
        return [sentence(f"recovery_sheet.{name}") for name in PARAGRAPHS]
