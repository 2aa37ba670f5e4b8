"""What is killed, and how often, stands in tests/support/kills.py; this holds it to the numbers."""

from __future__ import annotations

from tests.support.kills import AT_RANDOM, NAMED

CHANGES = {"commit", "rotation", "passphrase", "migration", "backup file", "merge", "purge"}


def test_fifty_kills_are_the_normal_set() -> None:
    at_random = sum(some for some, _ in AT_RANDOM.values())

    assert all(some for some, _ in AT_RANDOM.values())
    assert 50 <= at_random + sum(map(len, NAMED.values())) <= 60  # more is for the slow set


def test_a_thousand_kills_are_the_slow_set() -> None:
    assert sum(many for _, many in AT_RANDOM.values()) >= 1000


def test_every_change_is_killed_at_named_moments_and_at_random() -> None:
    assert AT_RANDOM.keys() & NAMED.keys() >= CHANGES
