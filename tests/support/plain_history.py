"""What a history should hold, as a plain dictionary of conversations: the other side of a test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from desktop_app.dialogue import Role


@dataclass
class Said:
    """One turn; it follows `parent`, 0 for one that opens the conversation."""

    role: Role
    text: str
    parent: int


@dataclass
class Talk:
    """One conversation: all that was ever said in it, by number, and the path that is shown."""

    turns: dict[int, Said] = field(default_factory=dict)
    path: list[int] = field(default_factory=list)
    title: str = ""
    thrown: bool = False
    file: bytes | None = None
    read: dict[int, int] = field(default_factory=dict)
    """For each version said since the history was opened, where the path ended until then."""

    def say(self, number: int, role: Role, text: str) -> None:
        """Go on where the path ends."""
        self.turns[number] = Said(role, text, self.path[-1] if self.path else 0)
        self.path.append(number)

    def say_instead(self, of: int, number: int, role: Role, text: str) -> None:
        """Say something else in the place of a turn, which stays as a version."""
        self.read[number] = self.path[-1]
        self.path = [*self.above(of)]
        self.say(number, role, text)

    def choose(self, number: int) -> None:
        """Show a turn, and what was said after it last."""
        self.path = [*self.above(number), number]
        while after := self.after(self.path[-1]):
            self.path.append(after[-1])

    def forget(self, number: int) -> None:
        """Take the last turn away; what was read in its place stands again, or the newest."""
        parent = self.turns.pop(number).parent
        self.path = [*self.path[:-1]]
        if (read := self.read.get(number)) in self.turns:
            self.choose(read)
        elif earlier := self.after(parent):
            self.choose(earlier[-1])

    def above(self, number: int) -> list[int]:
        """Return the turns that lead to one, without it."""
        way: list[int] = []
        while number := self.turns[number].parent:
            way.insert(0, number)
        return way

    def after(self, number: int) -> list[int]:
        """Return the turns that follow one, in the order of writing."""
        return sorted(each for each, said in self.turns.items() if said.parent == number)

    def shown(self) -> Iterator[tuple[int, Role, str, list[int]]]:
        """Yield each turn of the path, and the versions it is one of."""
        for number in self.path:
            said = self.turns[number]
            yield number, said.role, said.text, self.after(said.parent)
