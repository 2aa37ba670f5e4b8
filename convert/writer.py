"""The output: claimed at full size, filled in place, renamed with its card when it is proven.

Until then it is `NAME.part`, with its journal beside it. A refusal or Ctrl-C removes both, and
what stood there before stays as it was. Where the system ended this process or its worker, or
could not read a source, or the reply alone did not end, both stay: the next run of the same plan
goes on where the journal ends, between the two renames too.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from convert.adapter import adapter_files
from convert.errors import EndlessReplyError, ReadFaultError, Terminated, WorkerError
from convert.journal import Journal
from convert.output_errors import output_errors
from convert.plan import Plan
from convert.reading import reading
from convert.sources import SourceTensor
from resources.crash_points import crash_point

_GOES_ON: Final = (WorkerError, Terminated, EndlessReplyError, ReadFaultError)
"""After these the work of hours is right as far as it went."""
_MAKERS: Final = ("soulchat-desktop", "llama-cpp-python", "numpy", "gguf")


def plan_digest(plan: Plan) -> str:
    """Return what two runs share exactly when their bytes are the same, in hex."""
    digest = hashlib.sha256(plan.header)
    sources = (tensor.merged.source for tensor in plan.tensors)
    paths = {source.path for source in sources if isinstance(source, SourceTensor)}
    if plan.adapter is not None:
        paths |= set(adapter_files(plan.adapter))
    for path in sorted(paths):
        facts = path.stat()
        digest.update(f"{path}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    digest.update(f"{plan.card!r}\n".encode())
    for tensor in plan.tensors:
        digest.update(f"{tensor.merged!r}\n".encode())
    for name in _MAKERS:
        digest.update(f"{name} {version(name)}\n".encode())
    return digest.hexdigest()


@contextmanager
def part_file(plan: Plan) -> Iterator[tuple[Path, Journal]]:
    """Yield the part, header written and space claimed, and its journal: new, or a killed run's.

    A failure removes both, except one after which the next run goes on; success leaves them to
    `commit`.

    Raises:
        OutputError: not enough space, or no permission.
    """
    part, journal = plan.part, _journal_of(plan.out)
    try:
        digest = plan_digest(plan)
        if not (journal.belongs_to(digest) and _is_begun(part, plan)):
            with output_errors(part, plan.size):
                journal.path.unlink(missing_ok=True)
                with part.open("wb") as file:
                    file.write(plan.header)
                    file.flush()
                    _claim(file.fileno(), plan.size)
                journal.begin(digest)
        crash_point("writer.begun")
        yield part, journal
    except _GOES_ON:
        raise
    except BaseException:
        for path in (part, journal.path, _card_part(plan)):
            path.unlink(missing_ok=True)
        raise


def commit(plan: Plan, outcome: dict[str, Any]) -> None:
    """Give the proven part and its card their names; `outcome["card"]` is the card.

    The journal says first what the card will be, so that a run after a power cut can finish.

    Raises:
        OutputError: no space for the card, or no permission.
    """
    part, journal = plan.part, _journal_of(plan.out)
    with output_errors(plan.out, plan.size):
        card = _written_card(plan, outcome)
        for path in (part, card):
            with path.open("rb+") as file:
                os.fsync(file.fileno())
        journal.prove(outcome)
        crash_point("writer.proven")
        part.replace(plan.out)
        crash_point("writer.renamed")
        card.replace(plan.card_file)
        crash_point("writer.named")
        _sync_folder(plan.out.absolute().parent)
        journal.path.unlink()


def finished_before(plan: Plan, level: int) -> dict[str, Any] | None:
    """Finish a run that was killed after its proof; None where none was verified that far.

    Raises:
        OutputError: as `commit`.
    """
    part, journal = plan.part, _journal_of(plan.out)
    outcome = journal.proven() if journal.belongs_to(plan_digest(plan)) else None
    if outcome is None or outcome["level"] < level:
        return None
    with output_errors(plan.out, plan.size):
        if part.exists():
            part.replace(plan.out)
        elif not plan.out.is_file() or file_sha256(plan.out) != outcome["card"]["sha256"]:
            return None
        _written_card(plan, outcome).replace(plan.card_file)
        _sync_folder(plan.out.absolute().parent)
        journal.path.unlink()
    return outcome


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    with reading(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _written_card(plan: Plan, outcome: dict[str, Any]) -> Path:
    """Return the path of the written card, not yet under its name."""
    text = json.dumps(outcome["card"], ensure_ascii=False, indent=2).encode() + b"\n"
    part = _card_part(plan)
    with output_errors(part, len(text)):
        part.write_bytes(text)
    return part


def _is_begun(part: Path, plan: Plan) -> bool:
    try:
        with part.open("rb") as file:
            return part.stat().st_size == plan.size and file.read(len(plan.header)) == plan.header
    except OSError:
        return False


def _card_part(plan: Plan) -> Path:
    return plan.card_file.with_name(f"{plan.card_file.name}.part")


def _journal_of(out: Path) -> Journal:
    return Journal(out.with_name(out.name + ".journal"))


def _sync_folder(folder: Path) -> None:
    """Make the names durable; Windows has no such call and needs none."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _claim(descriptor: int, size: int) -> None:
    """Reserve the space now, so that a full disk is known before the long work."""
    os.ftruncate(descriptor, size)
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(descriptor, 0, size)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):
                raise
