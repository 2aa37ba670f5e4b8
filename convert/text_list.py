"""Many short texts in one piece of memory: a vocabulary stands there for a whole conversion."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self, overload


@dataclass(frozen=True, slots=True, repr=False)
class TextList(Sequence[str]):
    """Texts, one behind the other in UTF-8, and where each ends.

    An object for every token and every merge would take ten times as much. `array` counts bytes.
    """

    data: bytes
    ends: array[int]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """Return these texts as a list.

        Raises:
            UnicodeEncodeError: half a surrogate pair, which is no text.
        """
        data, ends = bytearray(), array("Q")
        for text in texts:
            data += text.encode()
            ends.append(len(data))
        return cls(bytes(data), ends)

    def __len__(self) -> int:
        return len(self.ends)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        number = range(len(self))[place]
        begin = self.ends[number - 1] if number else 0
        return self.data[begin : self.ends[number]].decode()

    def __iter__(self) -> Iterator[str]:
        begin = 0
        for end in self.ends:
            yield self.data[begin:end].decode()
            begin = end
