"""The golden backup: `python -m tests.support.golden_backup FILE`.

Run once, by the code of the format it is to show, then committed under tests/golden and never made
again: what the documentation promises of a format holds for this file too.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
from pathlib import Path
from typing import Final

from desktop_app.vault.backup_file import write_backup
from desktop_app.vault.creation import create
from desktop_app.vault.recovery_code import RecoveryCode
from tests.support.golden_vault import BEGAN, PASSPHRASE, PLAN, fill

CODE: Final = RecoveryCode("0123456789ABCDEF" * 2)

if __name__ == "__main__":
    seconds = itertools.count(BEGAN)
    with (
        tempfile.TemporaryDirectory() as folder,
        create(Path(folder, "vault"), passphrase=PASSPHRASE, clock=lambda: next(seconds)) as vault,
    ):
        vault.keys.set_recovery(CODE)
        fill(vault.sessions)
        vault.documents.write("safety_plan", PLAN)
        write_backup(vault, Path(sys.argv[1]))
