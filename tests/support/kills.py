"""How often the tests of tests/crash kill what changes a history: 50 times, 1,000 in the slow set.

Each change is killed at its named moments (desktop_app/vault/crash_points.py) and at random ones.
Killing the window is counted apart, in tests/crash/test_window_kills.py.
"""

from __future__ import annotations

from typing import Final

import pytest

AT_RANDOM: Final[dict[str, tuple[int, int]]] = {
    "commit": (4, 250),
    "rotation": (2, 150),
    "passphrase": (2, 120),
    "migration": (2, 120),
    "purge": (1, 80),
    "purge, copies beside it": (1, 60),
    "backup file": (1, 60),
    "copy": (1, 60),
    "merge": (1, 80),
    "become, nothing there": (1, 60),
    "become, damaged": (1, 60),
    "rescue": (1, 40),
}
"""How often in the normal set, and in the slow one."""

NAMED: Final[dict[str, tuple[str, ...]]] = {
    "commit": ("database.changed", "database.committed"),
    "rotation": (
        "rotation.session_keys_sealed",
        "rotation.envelope_written",
        "rotation.keys_kept_aside",
        "rotation.rekeyed",
        "rotation.renamed",
    ),
    "passphrase": ("key_slots.sealed", "key_slots.written"),
    "keyring": ("key_slots.kept_in_keyring", "key_slots.written"),
    "migration": (
        "migrations.step_made",
        "migrations.step_committed",
        "migrations.turns_placed",
    ),
    "purge": ("purge.rows_removed", "purge.committed", "purge.log_emptied"),
    "purge, copies beside it": ("backups.expired", "purge.committed", "backups.copied"),
    "backup file": ("backup_file.copied", "backup_file.written"),
    "copy": ("backups.copied",),
    "merge": (
        "restore.unpacked",
        "backups.copied",
        "restore.copied",
        "merge.committed",
        "restore.merged",
    ),
    "become, nothing there": ("restore.unpacked", "restore.renamed"),
    "become, damaged": ("restore.arriving", "restore.moved_aside", "arrival.copies_aside"),
    "rescue": (
        "rescue.written",
        "rescue.decided",
        "rescue.log_moved",
        "rescue.moved_aside",
        "rescue.copies_aside",
        "rescue.renamed",
    ),
    "erase": ("erase.keys_gone",),
}
"""The moments, the same in both sets."""


def kills(change: str) -> pytest.MarkDecorator:
    """Give a test how often to kill `change` at random, as `kills`, in both sets.

    So many have to die: what came too late is tried again at an earlier moment.
    """
    some, many = AT_RANDOM[change]
    return pytest.mark.parametrize(
        "kills", [pytest.param(some, id="some"), pytest.param(many, marks=pytest.mark.slow)]
    )
