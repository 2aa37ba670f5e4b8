"""What a person in a talk is shown with no history open, and while one is: help that knows nobody.

The crisis card (what it adds of a safety plan is its own affair) and the exercises.
"""

from __future__ import annotations

from desktop_app.care.exercises import exercises, find_exercise, listed
from desktop_app.commands.output import speak, tell
from desktop_app.commands.terminal_card import TerminalCard
from desktop_app.errors import InputError
from resources.messages import sentence


def show_help(line: str, card: TerminalCard) -> bool:
    """Show what `line` asks for, and tell whether it asks for any of this."""
    command, _, name = line.partition(" ")
    match command:
        case "/card":
            speak(card.text())
        case "/exercises":
            _show_exercises(name.strip())
        case _:
            return False
    return True


def _show_exercises(name: str) -> None:
    if not name:
        speak(listed())
        tell(sentence("talk.exercise_which", first=next(iter(exercises()))))
        return
    try:
        speak(find_exercise(name).text())
    except InputError as error:
        tell(error)
