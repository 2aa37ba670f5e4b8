"""Ways of opening a closed history that its `vault.json` does not name, for it is another's.

A sync tool may have brought that of another computer. What opens the history stands in its copies,
and is put back once a person opens it by that (mending.py): so they have to be asked for it.

What has to be asked before anything can be opened: loads no database.
"""

from __future__ import annotations

from desktop_app.vault.copies import copies_in, safety_copies_in
from desktop_app.vault.envelope import Envelope, SlotKind
from desktop_app.vault.envelope_file import read_envelope
from desktop_app.vault.errors import VaultError
from desktop_app.vault.files import VaultFiles


def copied_ways(files: VaultFiles, found: Envelope) -> frozenset[SlotKind]:
    """Return the ways its copies are opened, where none of them is of the history of `found`."""
    ways: frozenset[SlotKind] = frozenset()
    for copy in (*copies_in(files.backups), *safety_copies_in(files.backups)):
        try:
            envelope = read_envelope(copy.files.envelope)
        except VaultError:
            continue
        if envelope.vault == found.vault:
            return frozenset()
        ways |= envelope.slots()
    return ways
