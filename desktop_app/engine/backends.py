"""ggml's backends in this process: modules loaded where a build has them, devices listed.

llama-cpp-python binds llama.h alone. What is bound here is ggml-backend.h.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache
from pathlib import Path
from typing import Any, Final

import llama_cpp.llama_cpp as C  # noqa: N812 - the C interface, read as such

from desktop_app.engine.devices import KINDS, Device, Kind
from desktop_app.errors import EngineError
from resources.ggml_modules import Ggml

PACKAGE: Final = Path(C.__file__).parent
WITHOUT_GRAPHICS: Final = {
    "CUDA_VISIBLE_DEVICES": "-1",
    "HIP_VISIBLE_DEVICES": "-1",
    "GGML_DISABLE_VULKAN": "1",
}
"""Keeps the backends that are part of the library from waking their drivers."""

_GGML: Final = Ggml(PACKAGE, C._lib)  # noqa: SLF001 - there is no other way to that handle


@cache
def load_backends(*, graphics: bool = True) -> None:
    """Load the modules that came with llama.cpp's library, the best one for this processor.

    A build without modules has its backends inside, and nothing is loaded. Without `graphics`
    there is the processor alone: a driver that crashes when it is woken stays asleep.

    Raises:
        EngineError: nothing computes on this processor, without which no model is loaded.
    """
    if not graphics:
        os.environ.update(WITHOUT_GRAPHICS)
    if graphics and not _GGML.device_count():
        load_all = _GGML.function("ggml_backend_load_all_from_path", None, ctypes.c_char_p)
        load_all(os.fsencode(_GGML.modules))
    else:
        _GGML.load_processor()
    if "cpu" not in map(_kind, _handles()):
        raise EngineError("engine.no_module")


def devices() -> list[Device]:
    """Return what the registry holds, in its order."""
    return [_device(handle) for handle in _handles()]


def device_list(name: str | None) -> Any:
    """Return llama.cpp's list of the devices to use: the one of that name, or none at all.

    The list ends with a null pointer, and must live for as long as a load reads it.
    """
    wanted = [] if name is None else [each for each in _handles() if _name(each) == name]
    return (ctypes.c_void_p * (len(wanted) + 1))(*wanted, None)


def _handles() -> list[int]:
    get = _GGML.function("ggml_backend_dev_get", ctypes.c_void_p, ctypes.c_size_t)
    return [get(index) for index in range(_GGML.device_count())]


def _name(handle: int) -> str:
    return _text("ggml_backend_dev_name", handle)


def _kind(handle: int) -> Kind:
    kind = _GGML.function("ggml_backend_dev_type", ctypes.c_int, ctypes.c_void_p)(handle)
    return KINDS[kind] if kind < len(KINDS) else "accel"


def _device(handle: int) -> Device:
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    size = ctypes.POINTER(ctypes.c_size_t)
    memory = _GGML.function("ggml_backend_dev_memory", None, ctypes.c_void_p, size, size)
    memory(handle, ctypes.byref(free), ctypes.byref(total))
    registry = _GGML.function("ggml_backend_dev_backend_reg", ctypes.c_void_p, ctypes.c_void_p)
    return Device(
        name=_name(handle),
        description=_text("ggml_backend_dev_description", handle),
        kind=_kind(handle),
        backend=_text("ggml_backend_reg_name", registry(handle)),
        free=free.value,
        total=total.value,
    )


def _text(function: str, handle: int) -> str:
    raw = _GGML.function(function, ctypes.c_char_p, ctypes.c_void_p)(handle)
    return str((raw or b"").decode("utf-8", "replace"))
