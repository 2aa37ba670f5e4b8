"""Why the operating system refused, as a person reads it; `os.strerror` speaks English only."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import Final

from resources.messages import sentence

NAMES: Final = {
    errno.EACCES: "not_allowed",
    errno.EBUSY: "busy",
    errno.EDQUOT: "disk_full",
    errno.EFBIG: "too_large",
    errno.EIO: "device",
    errno.EISDIR: "is_folder",
    errno.ELOOP: "link_loop",
    errno.EMFILE: "too_many_files",
    errno.ENAMETOOLONG: "name_too_long",
    errno.ENFILE: "too_many_files",
    errno.ENODEV: "device_gone",
    errno.ENOENT: "missing",
    errno.ENOMEM: "no_memory",
    errno.ENOSPC: "disk_full",
    errno.ENOTDIR: "not_a_folder",
    errno.ENXIO: "device_gone",
    errno.EPERM: "not_allowed",
    errno.EROFS: "read_only",
    errno.ESTALE: "device_gone",
}


@dataclass(frozen=True, slots=True)
class SystemReason:
    """A value for a sentence's {reason}; reads in the language in force when it is shown."""

    number: int
    """The system's number, as in errno."""

    def __str__(self) -> str:
        name = NAMES.get(self.number)
        if name is None:
            return sentence("system_error.other", number=self.number)
        return sentence(f"system_error.{name}")


def reason_of(error: OSError) -> SystemReason:
    """Return why the system refused."""
    return SystemReason(error.errno or 0)
