"""Open a backup of SoulChat Desktop without SoulChat Desktop.

    pip install apsw-sqlite3mc cryptography
    python open_backup.py BACKUP > history.json

BACKUP is a backup file, or the folder of a copy. Asks for the passphrase or the recovery code of
the time when it was made (or reads it from standard input, when that is no terminal), and writes
every conversation and every document (the safety plan, what was written and not sent) as JSON in
UTF-8 to standard output, which is not encrypted. What is damaged is said and passed over, and the
rest is written. Reads the backup only; it puts no decrypted copy on
the disk. The format is described in docs/backup_format.md. This file needs no other of ours and may
be kept with a backup.
"""

from __future__ import annotations

import base64
import getpass
import hashlib
import io
import json
import locale
import pathlib
import struct
import sys
import tempfile
import unicodedata
import zipfile
import zlib
from typing import Any

import apsw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

FORMAT = 1
SCHEMA = 1
"""The major number of the database's schema; a later minor only adds."""
NONCE_BYTES = 12
CODE_LETTERS = 32
"""The recovery code without the two letters that check it."""


def data_key(envelope: dict[str, Any], secret: str) -> bytes | None:
    """Return the 32 bytes that open the database; None where `secret` opens no slot."""
    spoken = unicodedata.normalize("NFKC", secret)
    letters = "".join(c for c in spoken.upper() if c.isalnum())
    letters = letters.translate(str.maketrans("OIL", "011"))
    for kind, text in (("passphrase", spoken), ("recovery", letters[:CODE_LETTERS])):
        slot = envelope["slots"].get(kind)
        if slot is None:
            continue
        kek = Argon2id(
            salt=base64.b64decode(slot["salt"]),
            length=32,
            iterations=slot["passes"],
            lanes=slot["lanes"],
            memory_cost=slot["memory_kib"],
        ).derive(text.encode("utf-8", "surrogatepass"))
        sealed = base64.b64decode(slot["sealed"])
        context = f"vault/{envelope['format']}/{envelope['vault']}/{kind}".encode()
        try:
            nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
            return ChaCha20Poly1305(kek).decrypt(nonce, ciphertext, context)
        except InvalidTag:
            continue
    return None


def history(database: pathlib.Path, key: bytes) -> tuple[dict[str, Any], int]:
    """Return all that is to be printed, and how many messages and documents cannot be read."""
    connection = apsw.Connection(str(database))
    try:
        for statement in ("PRAGMA cipher='chacha20'", f"PRAGMA key='raw:{key.hex()}'"):
            connection.execute(statement).fetchall()
        ((version,),) = connection.execute("PRAGMA user_version")
        if version >> 16 > SCHEMA:
            raise ValueError(
                "a later version of SoulChat Desktop made it; please use its own script"
            )
        said, lost_turns = conversations(connection)
        kept, lost_documents = documents(connection)
    finally:
        connection.close()
    return {"conversations": said, "documents": kept}, lost_turns + lost_documents


def conversations(connection: apsw.Connection) -> tuple[list[dict[str, Any]], int]:
    """Return every conversation with all its turns, chosen or not, and how many cannot be read."""
    found: dict[str, dict[str, Any]] = {}
    lost = 0
    for number in turn_numbers(connection):
        try:  # one at a time: a damaged page takes along what stands on it, and no more
            cursor = connection.execute("SELECT * FROM turn WHERE id = ?", (number,))
            rows = [
                dict(zip((column for column, _ in cursor.getdescription()), row, strict=True))
                for row in cursor
            ]
        except apsw.Error:
            lost += 1
            continue
        for turn in rows:
            name = turn["session"]
            if name not in found:
                found[name] = session_named(connection, name)
            found[name]["turns"].append(turn)
    return sorted(found.values(), key=lambda session: session["created"] or 0), lost


def documents(connection: apsw.Connection) -> tuple[dict[str, Any], int]:
    """Return every document by its name, and how many cannot be read."""
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'document'").fetchall():
        return {}, 0  # they came with schema 1.2
    found: dict[str, Any] = {}
    try:
        names = [name for (name,) in connection.execute("SELECT name FROM document")]
    except apsw.Error:
        return {}, 1
    lost = 0
    for name in names:
        try:
            rows = connection.execute("SELECT body FROM document WHERE name = ?", (name,))
            found[name] = json.loads(rows.fetchall()[0][0])
        except apsw.Error:
            lost += 1
    return found, lost


def turn_numbers(connection: apsw.Connection) -> list[int]:
    """Return the ids of all turns, from the index; without it, every number there may be."""
    try:
        rows = connection.execute("SELECT id FROM turn INDEXED BY turn_by_session").fetchall()
    except apsw.Error:
        rows = connection.execute(
            "WITH RECURSIVE number(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM number"
            " WHERE id < (SELECT seq FROM sqlite_sequence WHERE name = 'turn'))"
            " SELECT id FROM number"
        ).fetchall()
    return sorted(number for (number,) in rows)


def session_named(connection: apsw.Connection, name: str) -> dict[str, Any]:
    """Return what is known of a conversation besides its turns."""
    rows = []
    try:
        rows = connection.execute(
            "SELECT title, created, deleted FROM session WHERE id = ?", (name,)
        ).fetchall()
    except apsw.Error:
        sys.stderr.write(f"The title of conversation {name} cannot be read.\n")
    title, created, deleted = rows[0] if rows else ("", None, None)
    return {"id": name, "title": title, "created": created, "deleted": deleted, "turns": []}


def taken_apart(backup: pathlib.Path, into: pathlib.Path) -> tuple[dict[str, Any], bool]:
    """Put database and log, encrypted as they are, into a folder.

    Return the envelope, and whether all is as it was written.

    Raises:
        ValueError, KeyError: it is no backup, or one of a later version.
    """
    if backup.is_dir():
        # The log holds the newest messages of one that was set aside or never closed.
        for name in ("history.db", "history.db-wal"):
            if name == "history.db" or (backup / name).exists():
                (into / name).write_bytes((backup / name).read_bytes())
        return json.loads((backup / "vault.json").read_bytes()), True
    with zipfile.ZipFile(backup) as archive:
        manifest, envelope = (
            json.loads(member(backup, archive.getinfo(name)))
            for name in ("backup.json", "vault.json")
        )
        if manifest["format"] > FORMAT or envelope["format"] > FORMAT:
            raise ValueError(
                "a later version of SoulChat Desktop made it; please use its own script"
            )
        history = member(backup, archive.getinfo("history.db"))
    (into / "history.db").write_bytes(history)
    return envelope, hashlib.sha256(history).hexdigest() == manifest["history"]["sha256"]


def member(backup: pathlib.Path, info: zipfile.ZipInfo) -> bytes:
    """Return a member as it lies there; `zipfile` gives nothing of one with a changed byte."""
    with backup.open("rb") as file:
        file.seek(info.header_offset + 26)  # APPNOTE 4.3.7: two lengths, then what they measure
        file.seek(sum(struct.unpack("<HH", file.read(4))), io.SEEK_CUR)
        return file.read(min(info.file_size, backup.stat().st_size))


def asked() -> str:
    """Return what a person types, or a script sends."""
    if sys.stdin.isatty():
        return getpass.getpass("Passphrase or recovery code: ")
    sent = sys.stdin.buffer.readline()
    try:
        return sent.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:  # a Windows console's own letters
        return sent.decode(locale.getpreferredencoding(False)).rstrip("\r\n")


def main(backup: str) -> int:
    """Print what `backup` holds as JSON; return 0, or 1 where not all could be read."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            envelope, whole = taken_apart(pathlib.Path(backup), pathlib.Path(folder))
            key = data_key(envelope, asked())
            if key is None:
                sys.stderr.write("That opens none of the slots of this backup.\n")
                return 1
            found, lost = history(pathlib.Path(folder, "history.db"), key)
        except (
            OSError,
            zipfile.BadZipFile,
            ValueError,
            TypeError,
            LookupError,
            OverflowError,
            RuntimeError,
            struct.error,
            zlib.error,
            apsw.Error,
        ) as error:
            sys.stderr.write(f"This backup cannot be read: {error}\n")
            return 1
    json.dump(found, sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")
    if not whole or lost:
        sys.stderr.write(f"This backup is damaged. Texts that cannot be read: {lost}.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # the words are in no code page of a country
    if len(sys.argv) != 2 or sys.argv[1] in {"-h", "--help"}:
        sys.stderr.write("Usage: python open_backup.py BACKUP > history.json\n")
        sys.exit(2)
    sys.exit(main(sys.argv[1]))
