"""ggml's backends in this process: modules loaded where a build has them, devices listed.

llama-cpp-python binds llama.h alone. What is bound here is ggml-backend.h, of the library that
libllama itself has loaded: a wheel holds no links, so a library opened by another of its names
would be a second copy with a registry of its own.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from functools import cache
from pathlib import Path
from typing import Any, Final

import llama_cpp.llama_cpp as C  # noqa: N812 - the C interface, read as such

from desktop_app.engine.devices import KINDS, Device

PACKAGE: Final = Path(C.__file__).parent
MODULE_SUFFIX: Final = ".dll" if sys.platform == "win32" else ".so"
"""ggml looks for modules of that name, on macOS too."""
WITHOUT_GRAPHICS: Final = {
    "CUDA_VISIBLE_DEVICES": "-1",
    "HIP_VISIBLE_DEVICES": "-1",
    "GGML_DISABLE_VULKAN": "1",
}
"""Keeps the backends that are part of the library from waking their drivers."""


@cache
def load_backends(*, graphics: bool = True) -> None:
    """Load the modules that came with llama.cpp's library, the best one for this processor.

    A build without modules has its backends inside, and nothing is loaded. Without `graphics`
    there is the processor alone: a driver that crashes when it is woken stays asleep.
    """
    if not graphics:
        os.environ.update(WITHOUT_GRAPHICS)
    if _count():
        return
    if graphics:
        load_all = _function("ggml_backend_load_all_from_path", None, ctypes.c_char_p)
        load_all(os.fsencode(module_folder(PACKAGE)))
        return
    best = best_module(module_folder(PACKAGE))
    if best is not None:
        _function("ggml_backend_load", ctypes.c_void_p, ctypes.c_char_p)(os.fsencode(best))


def module_folder(package: Path) -> Path:
    """Return where the modules lie of a build that has them.

    Args:
        package: llama_cpp's folder. CMake installs modules as programs, so a wheel has them in
            `bin` beside the package; its libraries may lie in `lib` there a second time.
    """
    folders = (package / "lib", package.parent / "bin", package.parent / "lib")
    return next((each for each in folders if _cpu_modules(each)), folders[0])


def best_module(folder: Path) -> Path | None:
    """Return the module that computes best on this processor; None where there is none.

    A build for one kind of processor has a single one, which gives no account of itself.
    """
    modules = _cpu_modules(folder)
    scores = {module: _score(module) for module in modules}
    fitting = [module for module in modules if scores[module] > 0]
    alone = [module for module in modules if module.stem.endswith("ggml-cpu")]
    return max(fitting, key=scores.__getitem__) if fitting else next(iter(alone), None)


def devices() -> list[Device]:
    """Return what the registry holds, in its order."""
    return [_device(handle) for handle in _handles()]


def device_list(name: str | None) -> Any:
    """Return llama.cpp's list of the devices to use: the one of that name, or none at all.

    The list ends with a null pointer, and must live for as long as a load reads it.
    """
    wanted = [] if name is None else [each for each in _handles() if _name(each) == name]
    return (ctypes.c_void_p * (len(wanted) + 1))(*wanted, None)


def _count() -> int:
    return int(_function("ggml_backend_dev_count", ctypes.c_size_t)())


def _handles() -> list[int]:
    get = _function("ggml_backend_dev_get", ctypes.c_void_p, ctypes.c_size_t)
    return [get(index) for index in range(_count())]


def _name(handle: int) -> str:
    return _text("ggml_backend_dev_name", handle)


def _device(handle: int) -> Device:
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    size = ctypes.POINTER(ctypes.c_size_t)
    memory = _function("ggml_backend_dev_memory", None, ctypes.c_void_p, size, size)
    memory(handle, ctypes.byref(free), ctypes.byref(total))
    kind = _function("ggml_backend_dev_type", ctypes.c_int, ctypes.c_void_p)(handle)
    registry = _function("ggml_backend_dev_backend_reg", ctypes.c_void_p, ctypes.c_void_p)
    return Device(
        name=_name(handle),
        description=_text("ggml_backend_dev_description", handle),
        kind=KINDS[kind] if kind < len(KINDS) else "accel",
        backend=_text("ggml_backend_reg_name", registry(handle)),
        free=free.value,
        total=total.value,
    )


def _text(function: str, handle: int) -> str:
    raw = _function(function, ctypes.c_char_p, ctypes.c_void_p)(handle)
    return str((raw or b"").decode("utf-8", "replace"))


def _cpu_modules(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*ggml-cpu*{MODULE_SUFFIX}"))


def _score(module: Path) -> int:
    """Return how well a module fits this processor, by its own account; 0 is not at all."""
    try:
        return int(ctypes.CDLL(str(module)).ggml_backend_score())
    except (OSError, AttributeError):
        return 0


def _function(name: str, result: Any, *arguments: Any) -> Any:
    """Return one of ggml's functions from the library libllama runs with."""
    for library in _libraries():
        function = getattr(library, name, None)
        if function is not None:
            function.restype, function.argtypes = result, arguments
            return function
    raise AttributeError(name)


@cache
def _libraries() -> tuple[ctypes.CDLL, ...]:
    # POSIX looks a name up in a library and all that it needs; Windows in the one file alone,
    # and there a file that is loaded is not loaded twice.
    if platform.system() != "Windows":
        return (C._lib,)  # noqa: SLF001 - there is no other way to that handle
    names = ("ggml.dll", "ggml-base.dll", "libggml.dll", "libggml-base.dll")
    files = [PACKAGE / "lib" / name for name in names]
    return tuple(ctypes.CDLL(str(file)) for file in files if file.exists())
