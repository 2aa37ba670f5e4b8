"""`soulchat care card|exercises`: help as text, with no model, no network and no history."""

from __future__ import annotations

import argparse

from desktop_app.care.exercises import find_exercise, listed
from desktop_app.commands.output import speak
from desktop_app.commands.terminal_card import card_text
from desktop_app.settings import Settings


def run_care(arguments: argparse.Namespace, settings: Settings) -> None:
    """Print what `arguments` ask for.

    Raises:
        InputError: there is no such region, or no such exercise.
    """
    match arguments.care:
        case "card":
            speak(card_text(settings, arguments.region))
        case _ if arguments.exercise is None:
            speak(listed())
        case _:
            speak(find_exercise(arguments.exercise).text())
