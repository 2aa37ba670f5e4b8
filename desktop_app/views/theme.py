"""How the window looks: every colour, distance and type size of it, in two schemes.

Warm paper and one quiet green; the crisis card alone has a colour of its own. Text keeps a
contrast of at least 4.5 on its ground (WCAG 2.2, 1.4.3); a test computes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import Template
from typing import Final

from PySide6.QtGui import QColor, QFont, QPalette

from desktop_app.views.icon import FOLDER as ICONS


@dataclass(frozen=True, slots=True)
class Colours:
    """One scheme. Names say what a colour is for; `on_x` is text on the ground `x`."""

    paper: str
    """Behind the conversation."""
    side: str
    """Behind the list of conversations and the crisis card."""
    raised: str
    """Fields, buttons, menus and the companion's words."""
    line: str
    text: str
    muted: str
    mine: str
    """Behind the person's own words."""
    on_mine: str
    accent: str
    on_accent: str
    accent_hover: str
    hover: str
    crisis: str
    on_crisis: str
    crisis_hover: str
    notice: str
    selection: str


LIGHT: Final = Colours(
    paper="#fbf7f1",
    side="#f3ece2",
    raised="#fffdfa",
    line="#e0d5c6",
    text="#2f2a25",
    muted="#675d53",
    mine="#dcebe3",
    on_mine="#20332c",
    accent="#2f6f62",
    on_accent="#ffffff",
    accent_hover="#275d52",
    hover="#e9dfd1",
    crisis="#a8432d",
    on_crisis="#ffffff",
    crisis_hover="#913825",
    notice="#f8e8cd",
    selection="#b5d6c8",
)
DARK: Final = Colours(
    paper="#211e1b",
    side="#1a1816",
    raised="#2c2824",
    line="#443d36",
    text="#ece5db",
    muted="#b3a899",
    mine="#2b423a",
    on_mine="#e3f0ea",
    accent="#8cc9b6",
    on_accent="#10241d",
    accent_hover="#a3d8c7",
    hover="#37322c",
    crisis="#f0a08c",
    on_crisis="#2c120b",
    crisis_hover="#f6b5a4",
    notice="#453a28",
    selection="#46685c",
)

FAMILIES: Final = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "PingFang SC",
    "Microsoft YaHei UI",
    "WenQuanYi Micro Hei",
)
"""Simplified Chinese first: a generic family may draw the Japanese forms of shared characters."""

BODY_PX: Final = 16
SMALL_PX: Final = 13
INTERFACE_PX: Final = 14
LINE_HEIGHT_PERCENT: Final = 150
LONGEST_LINE_EM: Final = 36
"""36 Chinese characters, about 70 Latin ones."""
COLUMN_EM: Final = 46
"""The conversation's width; wider windows leave the rest empty."""
GAP: Final = 16
SCROLL_BAR: Final = 12
"""Width of a scroll bar, its margins included."""
BUBBLE_PADDING: Final = (16, 8)
RADIUS: Final = 14
SIDE_WIDTH: Final = 232
CARD_WIDTH: Final = 348


def font(pixels: int, scale: float, *, bold: bool = False) -> QFont:
    """Return the window's font at `pixels` times `scale`."""
    made = QFont()
    made.setFamilies([*FAMILIES, *QFont().families()])
    made.setPixelSize(round(pixels * scale))
    made.setBold(bold)
    # Where a family has no bold face, a hinted one loses the dots of its i.
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return made


def palette(colours: Colours) -> QPalette:
    """Return the palette for what no style sheet reaches: dialogs, carets, selections."""
    roles = QPalette.ColorRole
    made = QPalette(QColor(colours.raised), QColor(colours.paper))
    for role, colour in {
        roles.Base: colours.raised,
        roles.AlternateBase: colours.side,
        roles.WindowText: colours.text,
        roles.Text: colours.text,
        roles.ButtonText: colours.text,
        roles.ToolTipBase: colours.raised,
        roles.ToolTipText: colours.text,
        roles.PlaceholderText: colours.muted,
        roles.Highlight: colours.selection,
        roles.HighlightedText: colours.text,
        roles.Link: colours.accent,
        roles.Accent: colours.accent,
    }.items():
        made.setColor(role, QColor(colour))
    return made


def style_sheet(colours: Colours, scale: float) -> str:
    """Return the application's style sheet; widgets are told apart by object name."""
    values = {name: getattr(colours, name) for name in Colours.__dataclass_fields__}
    sizes = {
        "body": round(BODY_PX * scale),
        "small": round(SMALL_PX * scale),
        "interface": round(INTERFACE_PX * scale),
        "title": round(20 * scale),
        "number": round(22 * scale),
        "bar": SCROLL_BAR,
        "sign": round(12 * scale),
    }
    tick = "tick_dark" if colours == DARK else "tick"  # in the colour `on_accent`
    return _SHEET.substitute(values, **sizes, icons=ICONS.as_posix(), tick=tick)


_SHEET: Final = Template("""
QWidget { color: $text; font-size: ${interface}px; }
QMainWindow, #conversation, #middle, #page, #veil { background: $paper; }
#side, #card, #cardPage { background: $side; }
#side { border-right: 1px solid $line; }
#card { border-left: 1px solid $line; }
#header { background: $paper; border-bottom: 1px solid $line; }
#heading { font-size: ${body}px; font-weight: bold; }
#code { font-family: monospace; font-size: ${title}px; }
#quiet { color: $muted; font-size: ${small}px; }
QToolTip { background: $raised; color: $text; border: 1px solid $line; padding: 4px 6px; }

QPushButton, QToolButton {
    background: $raised; border: 1px solid $line; border-radius: 10px;
    padding: 7px 15px; min-height: 20px;
}
QPushButton:hover, QToolButton:hover { background: $hover; }
QPushButton:focus, QToolButton:focus { border: 2px solid $accent; padding: 6px 14px; }
QPushButton:disabled { color: $muted; background: $side; }
QToolButton::menu-indicator { image: none; width: 0; }
#primary { background: $accent; color: $on_accent; border-color: $accent; font-weight: bold; }
#primary:hover { background: $accent_hover; border-color: $accent_hover; }
#primary:focus { border-color: $text; }
#primary:disabled { background: $hover; color: $muted; border-color: $hover; }
#crisis { background: $crisis; color: $on_crisis; border-color: $crisis; font-weight: bold; }
#crisis:hover { background: $crisis_hover; border-color: $crisis_hover; }
#crisis:focus { border-color: $text; }

QListView { background: transparent; border: none; outline: none; }
#transcript { background: $paper; border: none; }
#sessions::item { padding: 9px 10px; border: 2px solid transparent; border-radius: 10px; }
#sessions::item:hover { background: $hover; }
#sessions::item:selected { background: $raised; color: $text; border-color: $line; }
#sessions::item:selected:focus { border-color: $accent; }

#composer { background: $raised; border: 2px solid $line; border-radius: ${body}px; }
#composer[focused="true"] { border-color: $accent; }
QPlainTextEdit {
    background: transparent; border: none; font-size: ${body}px;
    placeholder-text-color: $muted;
}

#notice { background: $notice; border-radius: 12px; }
#panel { background: $raised; border: 1px solid $line; border-radius: 18px; }
#panelTitle { font-size: ${title}px; font-weight: bold; }
#panelText { font-size: ${body}px; }
#hint { font-size: ${interface}px; color: $muted; }
#note { font-size: ${interface}px; color: $muted; padding: 6px 6px 6px 38px; }
#link { background: transparent; border-color: transparent; color: $muted; }
#link:hover { color: $text; background: $hover; border-color: $hover; }
#link:focus { border-color: $accent; color: $text; }
QRadioButton {
    font-size: ${body}px; spacing: 10px; min-height: 24px;
    border: 2px solid transparent; border-radius: 10px; padding: 6px 10px;
}
QRadioButton:hover { background: $hover; }
QRadioButton:focus { border-color: $accent; }
QRadioButton::indicator {
    width: 12px; height: 12px; border: 2px solid $muted; border-radius: 8px; background: $paper;
}
QRadioButton::indicator:checked {
    width: 6px; height: 6px; border: 5px solid $accent; background: $raised;
}
QRadioButton[alone="true"] { font-weight: bold; spacing: 0; padding-left: 0; }
QRadioButton[alone="true"]::indicator { width: 0; height: 0; border: none; }
#note[alone="true"] { padding-left: 2px; }
QCheckBox { spacing: 10px; border: 2px solid transparent; border-radius: 10px; padding: 4px 6px; }
QCheckBox:focus { border-color: $accent; }
QCheckBox::indicator {
    width: 12px; height: 12px; border: 2px solid $muted; border-radius: 4px; background: $paper;
}
QCheckBox::indicator:checked {
    border-color: $accent; background: $accent; image: url("$icons/$tick.svg");
}
QLineEdit {
    background: $paper; border: 2px solid $line; border-radius: 10px; padding: 7px 10px;
    font-size: ${body}px; selection-background-color: $selection; selection-color: $text;
    placeholder-text-color: $muted;
}
QLineEdit:focus { border-color: $accent; }
QLineEdit QToolButton {
    background: transparent; border: none; padding: 0; min-height: 0;
}
QComboBox {
    background: $paper; border: 2px solid $line; border-radius: 10px; padding: 4px 8px;
    min-height: 20px;
}
QDateEdit { background: $paper; border: 2px solid $line; border-radius: 10px; padding: 4px; }
QDateEdit::up-button, QDateEdit::down-button { border: none; width: 0; }
QDateEdit QLineEdit { background: transparent; border: none; font-size: ${interface}px; }
QComboBox:hover { background: $hover; }
QComboBox:disabled { color: $muted; background: $side; }
QComboBox:focus, QDateEdit:focus { border-color: $accent; }
QComboBox::drop-down { border: none; width: ${body}px; subcontrol-position: center right; }
QComboBox::down-arrow {
    image: url("$icons/chevron.svg"); width: ${sign}px; height: ${sign}px;
}
QComboBox QAbstractItemView {
    background: $raised; border: 1px solid $line; padding: 4px; outline: none;
    selection-background-color: $hover; selection-color: $text;
}
#regions {
    background: $paper; border: 2px solid $line; border-radius: 10px; padding: 4px;
    font-size: ${body}px;
}
#regions:focus { border-color: $accent; }
#regions::item { padding: 6px 10px; border-radius: 7px; }
#regions::item:hover { background: $hover; }
#regions::item:selected { background: $selection; color: $text; }
#planText {
    background: $paper; border: 2px solid $line; border-radius: 10px; padding: 3px 5px;
    selection-background-color: $selection; selection-color: $text;
}
#planText:focus { border-color: $accent; }
#protocol {
    background: $raised; border: 2px solid $line; border-radius: 10px; padding: 6px 10px;
    selection-background-color: $selection; selection-color: $text;
}
#protocol:focus { border-color: $accent; }
#planStep { font-size: ${body}px; font-weight: bold; }
#planWords { font-size: ${body}px; }
#stepText { font-size: ${title}px; }
#breath { font-size: ${title}px; color: $text; background: transparent; }
#empty { font-size: ${title}px; color: $muted; }

#cardTitle { font-size: ${body}px; font-weight: bold; color: $crisis; }
#cardRow { background: $raised; border: 1px solid $line; border-radius: 12px; padding: 10px 14px; }
#cardRow:focus { border: 1px solid $accent; }
#modelRow { background: $paper; border: 1px solid $line; border-radius: 12px; }
QProgressBar { background: $hover; border: none; border-radius: 4px; max-height: 8px; }
QProgressBar::chunk { background: $accent; border-radius: 4px; }
#cardHeading { font-size: ${body}px; font-weight: bold; }
#cardPage #planStep { font-size: ${interface}px; }
#cardPage #planWords { font-size: ${interface}px; }
#cardStep { font-size: ${interface}px; }

QMenu { background: $raised; border: 1px solid $line; padding: 6px; }
QMenu::item { padding: 7px 26px; border-radius: 7px; }
QMenu::item:selected { background: $hover; color: $text; }
QMenu::separator { height: 1px; background: $line; margin: 6px 8px; }

QScrollArea { border: none; background: transparent; }
QScrollBar:vertical { background: transparent; width: ${bar}px; margin: 2px; }
QScrollBar::handle:vertical { background: $line; border-radius: 4px; min-height: 36px; }
QScrollBar::handle:vertical:disabled { background: transparent; }
QScrollBar::handle:vertical:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
""")
