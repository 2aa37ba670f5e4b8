"""Byte-pair encoding as tiktoken does it: the pair that makes the lowest-ranked token first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


def split_by_rank(ranks: Mapping[bytes, int], word: bytes, below: int | None = None) -> list[bytes]:
    """Return the tokens of a word; only tokens ranked under `below`, where given, are made."""
    parts = [word[i : i + 1] for i in range(len(word))]
    while len(parts) > 1:
        candidates = [
            (rank, i)
            for i in range(len(parts) - 1)
            if (rank := ranks.get(parts[i] + parts[i + 1])) is not None
        ]
        if not candidates:
            break
        rank, i = min(candidates)
        if below is not None and rank >= below:
            break
        parts[i : i + 2] = [parts[i] + parts[i + 1]]
    return parts


def merges_of(ranks: Mapping[bytes, int]) -> Iterator[tuple[bytes, bytes]]:
    """Yield, in order of rank, the pair each token is made from."""
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        if len(token) > 1:
            pair = split_by_rank(ranks, token, below=rank)
            if len(pair) == 2:
                yield pair[0], pair[1]


def written(token: bytes) -> str:
    """Return bytes as GPT-2 writes them: a printable character for each of the 256."""
    return "".join(_CHARACTERS[byte] for byte in token)


def _characters() -> dict[int, str]:
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    table = {byte: chr(byte) for byte in printable}
    return table | {byte: chr(0x100 + i) for i, byte in enumerate(others)}


_CHARACTERS = _characters()
