"""Module names of a decoder inside a larger model, such as one that also sees pictures.

A style says where a release of transformers put the decoder's parts: theirs to ours. Base and
adapter may have been saved by different releases, so each has a style of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

Style = Mapping[str, str]


def style_of(styles: Sequence[Style], names: Iterable[str]) -> Style:
    """Return the style some of these names are written in, the empty one where none is."""
    every = list(names)
    for style in styles:
        if any(shortened(style, name) != name for name in every):
            return style
    return {}


def shortened(style: Style, name: str) -> str:
    """Return a module's or parameter's name as the decoder alone would have it."""
    return _with_other_beginning(style, name)


def lengthened(style: Style, name: str) -> str:
    """Return the name that `shortened` was given."""
    return _with_other_beginning({ours: theirs for theirs, ours in style.items()}, name)


def _with_other_beginning(beginnings: Mapping[str, str], name: str) -> str:
    for old, new in beginnings.items():
        if name == old or name.startswith(f"{old}."):
            return new + name.removeprefix(old)
    return name
