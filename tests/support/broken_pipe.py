"""A pipe that nobody reads any more, as Windows tells of it."""

from __future__ import annotations

import errno
import io
from typing import IO, NoReturn


class BrokenOnWindows(io.BytesIO):
    """EINVAL where others say EPIPE; closing writes what is left, and fails alike."""

    def __init__(self, pipe: IO[bytes]) -> None:
        super().__init__()
        self._pipe = pipe

    def write(self, _: object, /) -> NoReturn:
        raise OSError(errno.EINVAL, "Invalid argument")

    def close(self) -> None:
        if not self._pipe.closed:
            self._pipe.close()
            raise OSError(errno.EINVAL, "Invalid argument")
