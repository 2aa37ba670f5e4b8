"""ggml's modules for processors: which one computes best here, and loading it.

A build with modules (`GGML_BACKEND_DL`, `GGML_CPU_ALL_VARIANTS`) cannot compute before one is
loaded, and llama-cpp-python loads none. The functions are those of the library that libllama
itself has loaded: a wheel holds no links, so a library opened by another of its names would be a
second copy with a registry of its own.
"""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path
from typing import Any, Final

MODULE_SUFFIX: Final = ".dll" if sys.platform == "win32" else ".so"
"""ggml looks for modules of that name, on macOS too."""


class Ggml:
    """The libraries that llama_cpp runs with."""

    def __init__(self, package: Path, llama: ctypes.CDLL) -> None:
        """Take them as they are loaded.

        Args:
            package: llama_cpp's folder.
            llama: libllama, as llama_cpp has opened it.
        """
        self.modules = module_folder(package)
        # POSIX looks a name up in a library and all that it needs; Windows in the one file alone,
        # and there a file that is loaded is not loaded twice.
        if sys.platform != "win32":
            self._libraries = [llama]
        else:
            names = ("ggml.dll", "ggml-base.dll", "libggml.dll", "libggml-base.dll")
            files = [package / "lib" / name for name in names]
            self._libraries = [ctypes.CDLL(str(file)) for file in files if file.exists()]

    def function(self, name: str, result: Any, *arguments: Any) -> Any:
        """Return one of ggml's functions."""
        for library in self._libraries:
            function = getattr(library, name, None)
            if function is not None:
                function.restype, function.argtypes = result, arguments
                return function
        raise AttributeError(name)

    def device_count(self) -> int:
        """Return how many devices there are, the processor among them; 0 before modules load."""
        return int(self.function("ggml_backend_dev_count", ctypes.c_size_t)())

    def load_processor(self) -> None:
        """Load the module that computes best on this processor, where a build has modules."""
        best = None if self.device_count() else best_module(self.modules)
        if best is None:
            return
        # Not by ggml_backend_load, which on Windows reads a path in the system's code page and so
        # finds nothing in a folder named in another script.
        begin = ctypes.CDLL(str(best)).ggml_backend_init
        begin.restype, begin.argtypes = ctypes.c_void_p, ()
        self.function("ggml_backend_register", None, ctypes.c_void_p)(begin())


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


def _cpu_modules(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*ggml-cpu*{MODULE_SUFFIX}"))


def _score(module: Path) -> int:
    """Return how well a module fits this processor, by its own account; 0 is not at all."""
    try:
        return int(ctypes.CDLL(str(module)).ggml_backend_score())
    except (OSError, AttributeError):
        return 0
