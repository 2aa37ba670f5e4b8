"""Trying a change at every place where it may fail, or at some of them."""

from __future__ import annotations

import pytest


def some_or_each(some: int) -> pytest.MarkDecorator:
    """Run a test with every `some`th place failing, and in the slow set with each."""
    every = [pytest.param(some, id="some"), pytest.param(1, marks=pytest.mark.slow, id="each")]
    return pytest.mark.parametrize("every", every)
