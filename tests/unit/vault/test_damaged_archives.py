"""An archive that is damaged, wherever and however, or encrypted is one sentence, never a fault."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.vault.backup_file import sealed_in, unpack
from desktop_app.vault.errors import BackupError, NewerVaultError, TransferError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.import_file import FileRead, read_conversations

WAYS = {
    "stored": zipfile.ZIP_STORED,
    "deflate": zipfile.ZIP_DEFLATED,
    "bzip2": zipfile.ZIP_BZIP2,
    "lzma": zipfile.ZIP_LZMA,
}
CHANGES = (0x01, 0x80, 0xFF)
"""What is done to a byte: some signs and sums notice only one of them."""
CENTRAL, LOCAL = b"PK\x01\x02", b"PK\x03\x04"
FLAGS_AT = {CENTRAL: 8, LOCAL: 6}
"""Where, after a signature, the flags of a member stand (APPNOTE 4.3.7 and 4.3.12)."""


@pytest.fixture
def export(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """An archive as ChatGPT exports it, packed as the parameter says."""
    turn = {"role": "user", "content": "睡不着 " * 20}
    return packed(tmp_path, getattr(request, "param", "deflate"), {"messages": [turn]})


def packed(folder: Path, way: str, conversation: object) -> Path:
    with zipfile.ZipFile(folder / "export.zip", "w", WAYS[way]) as archive:
        archive.writestr("conversations.json", json.dumps(conversation))
    return folder / "export.zip"


def encrypted(path: Path) -> None:
    """Say of each member that a password opens it, which `zipfile` looks at and nothing else."""
    content = bytearray(path.read_bytes())
    for signature, flags in FLAGS_AT.items():
        place = content.find(signature)
        while place >= 0:
            content[place + flags] |= 1
            place = content.find(signature, place + 1)
    path.write_bytes(content)


def changed(path: Path, places: range) -> Iterator[None]:
    """Change the bytes at `places`, one at a time."""
    whole = path.read_bytes()
    for place in places:
        for change in CHANGES:
            content = bytearray(whole)
            content[place] ^= change
            path.write_bytes(content)
            yield


def outside_the_history(backup: Path) -> list[range]:
    """Return the places in a backup that are not of its database."""
    with zipfile.ZipFile(backup) as archive:
        history = archive.read("history.db")
    content = backup.read_bytes()
    begins = content.index(history[:64])
    return [range(begins), range(begins + len(history), len(content))]


def read(path: Path) -> FileRead | None:
    try:
        return read_conversations(path)
    except TransferError:  # none of its kind, or too large
        return None


def test_an_export_with_a_password_is_one_sentence(export: Path) -> None:
    encrypted(export)

    with pytest.raises(TransferError, match="什么也没有导入"):
        read_conversations(export)


@pytest.mark.parametrize("export", WAYS, indirect=True)
def test_a_changed_byte_of_an_export_is_one_sentence_or_means_nothing(export: Path) -> None:
    whole = read_conversations(export)
    places = range(len(export.read_bytes()))

    found = [read(export) for _ in changed(export, places)]

    assert set(found) <= {None, whole}
    assert None in found


def test_an_export_that_is_packed_in_a_way_nobody_here_knows_is_one_sentence(
    export: Path,
) -> None:
    content = export.read_bytes()
    for signature, flags in FLAGS_AT.items():
        at = content.index(signature) + flags + 2
        content = content[:at] + bytes([93, 0]) + content[at + 2 :]
    export.write_bytes(content)

    with pytest.raises(TransferError, match="什么也没有导入"):
        read_conversations(export)


def test_a_backup_with_a_password_is_one_sentence(backup: Path, tmp_path: Path) -> None:
    encrypted(backup)

    with pytest.raises(BackupError, match="不是完好的备份"):
        sealed_in(backup)
    with pytest.raises(BackupError, match="不是完好的备份"):
        unpack(backup, VaultFiles(tmp_path), lambda: None)


@pytest.mark.parametrize("part", [0, 1], ids=["before the history", "after it"])
def test_a_changed_byte_around_the_history_is_one_sentence_or_means_nothing(
    backup: Path, tmp_path: Path, part: int
) -> None:
    into = VaultFiles(tmp_path / "into")
    into.folder.mkdir()
    unpack(backup, into, lambda: None)
    whole = (into.envelope.read_bytes(), into.history.read_bytes())
    noticed = 0

    for _ in changed(backup, outside_the_history(backup)[part]):
        for path in (into.envelope, into.history):
            path.unlink(missing_ok=True)
        try:
            unpack(backup, into, lambda: None)
        except (BackupError, NewerVaultError):
            noticed += 1
        else:
            assert (into.envelope.read_bytes(), into.history.read_bytes()) == whole

    assert noticed
