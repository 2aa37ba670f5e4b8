"""Looking into a copy that nobody has open: does a data key open it, and how far does it go.

Read without a lock and without a log, and so without a trace: for copies alone, which have neither.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import apsw

NEWEST: Final = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'turn'"


def newest_turn(history: Path, dek: bytes) -> int | None:
    """Return the id given to a turn last in a copy that nobody has open; None if `dek` is not its.

    Ids are never given twice, so one above those of a history is of a turn that it never had.
    """
    address = f"{history.absolute().as_uri()}?mode=ro&immutable=1"
    try:
        connection = apsw.Connection(
            address, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
        )
    except apsw.Error:
        return None
    try:
        for statement in ("PRAGMA cipher='chacha20'", f"PRAGMA key='raw:{dek.hex()}'"):
            connection.execute(statement).fetchall()
        ((newest,),) = connection.execute(NEWEST).fetchall()
    except apsw.Error:
        return None
    finally:
        connection.close()
    assert isinstance(newest, int)
    return newest
