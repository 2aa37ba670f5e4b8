"""Key files that lay in the place of a history's own: `vault.other-<n>.json`, beside it.

Whose they are cannot be told: perhaps those of another computer, whose history opens with nothing
else. So none is removed but where the history is erased, or one that was set aside with it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from desktop_app.atomic_file import write_atomically
from desktop_app.vault.crash_points import crash_point
from desktop_app.vault.envelope import Envelope
from desktop_app.vault.envelope_file import read_envelope, write_envelope
from desktop_app.vault.errors import DamagedEnvelopeError, NewerVaultError, disk_error
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.own_names import is_envelope


def other_envelopes(files: VaultFiles) -> list[Path]:
    """Return the key files that were kept, in no order of time."""
    found = files.folder.glob(f"{files.envelope.stem}.other-*{files.envelope.suffix}")
    return sorted(filter(is_envelope, found))


def is_other(path: Path) -> bool:
    """Tell whether a key file, wherever it lies, is one that was kept so."""
    return is_envelope(path) and path.name.startswith("vault.other-")


def put_in_its_place(files: VaultFiles, envelope: Envelope) -> Path | None:
    """Make `envelope` the history's again, and return where what lay there is kept.

    Raises:
        VaultError: that cannot be read, or nothing can be written; it lies there still.
    """
    kept = _kept(files)
    crash_point("other_envelopes.kept")
    write_envelope(files.envelope, envelope)
    crash_point("other_envelopes.put_back")
    return kept


def keep_another(files: VaultFiles, is_own: Callable[[Envelope], bool]) -> None:
    """Keep what lies there and is about to be written over, where it is another history's.

    Raises:
        VaultError: that cannot be read, or nothing can be written.
    """
    try:
        another = not is_own(read_envelope(files.envelope))
    except DamagedEnvelopeError:  # or it is missing
        another = False
    except NewerVaultError:
        another = True
    if another:
        _kept(files)


def _kept(files: VaultFiles) -> Path | None:
    """Keep what lies there under a name of its own, once; not what is damaged: it opens nothing."""
    try:
        with suppress(NewerVaultError):
            read_envelope(files.envelope)
        content = files.envelope.read_bytes()
        for path in other_envelopes(files):
            if path.read_bytes() == content:
                return path
        path = _free(files)
        write_atomically(path, content)
    except DamagedEnvelopeError:
        return None
    except OSError as error:
        raise disk_error(error, files.envelope) from error
    return path


def _free(files: VaultFiles) -> Path:
    number = 1
    while (path := files.folder / f"vault.other-{number}.json").exists():
        number += 1
    return path
