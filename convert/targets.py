"""Which modules an adapter's configuration means, matched as PEFT matches them.

Source: `peft.tuners.tuners_utils.check_target_module_exists` and
`peft.utils.other.get_pattern_key` of PEFT 0.21.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from convert.errors import AdapterError

PATTERN_ERRORS: Final = (re.error, RecursionError, OverflowError)
"""What compiling a foreign pattern raises: broken, nested too deep, a count beyond bounds."""
_ALL_LINEAR: Final = "all-linear"
_SAVED: Final = r"(^|.*\.){}($|\..*)"
_LAYER: Final = r"(?:^|.*?\.){}\.(\d+)\."


def check_targets(path: Path, config: Mapping[str, Any]) -> None:
    """Refuse a configuration at `path` whose names or patterns cannot be matched.

    Raises:
        AdapterError: a field of the wrong type, or a pattern that is none.
    """
    saved, layers = config.get("modules_to_save"), config.get("layers_to_transform")
    pattern = config.get("layers_pattern")
    patterns = [pattern] if isinstance(pattern, str) else pattern
    for field, right in (
        ("target_modules", _is_pattern_or_names(config.get("target_modules"))),
        ("exclude_modules", _is_pattern_or_names(config.get("exclude_modules"))),
        ("modules_to_save", _are_names(saved) and _compile(_SAVED, saved)),
        ("layers_pattern", _are_names(patterns) and _compile(_LAYER, patterns, groups=1)),
        ("layers_to_transform", _are_numbers(layers if isinstance(layers, list) else [layers])),
    ):
        if not right:
            raise AdapterError("config_field", path=path, field=field)


def _is_pattern_or_names(value: Any) -> bool:
    return _compile("{}", [value]) if isinstance(value, str) else _are_names(value)


def _are_names(value: Any) -> bool:
    return value is None or (
        isinstance(value, list) and all(isinstance(name, str) for name in value)
    )


def _are_numbers(values: list[Any]) -> bool:
    return values == [None] or all(type(value) is int for value in values)


def _compile(form: str, patterns: list[str] | None, groups: int | None = None) -> bool:
    """Tell whether each pattern compiles where it is put, to that many groups where told."""
    try:
        compiled = [re.compile(form.format(pattern)) for pattern in patterns or ()]
    except PATTERN_ERRORS:
        return False
    return groups is None or all(one.groups == groups for one in compiled)


def by_pattern(patterns: Mapping[str, Any] | None, module: str, default: Any) -> Any:
    """Return the value of the first pattern that matches the name's end at a dot."""
    for pattern, value in (patterns or {}).items():
        if re.match(rf"(.*\.)?({pattern})$", module):
            return value
    return default


def is_saved_whole(config: Mapping[str, Any], module: str) -> bool:
    """Tell whether `module` is one of `modules_to_save`, by its end, or lies inside one."""
    names = tuple(config.get("modules_to_save") or ())
    steps = module.split(".")
    return any(".".join(steps[:count]).endswith(names) for count in range(1, len(steps) + 1))


def is_targeted(config: Mapping[str, Any], module: str, *, head: bool = False) -> bool:
    """Tell whether the adapter's method is applied to `module`; `head`: it is the output layer."""
    if _excluded(config, module):
        return False
    targets = config.get("target_modules") or ()
    if targets == _ALL_LINEAR:
        return not head and "embed" not in module
    if isinstance(targets, str):
        return re.fullmatch(targets, module) is not None
    return module in targets or (_named(targets, module) and _in_layers(config, module))


def _excluded(config: Mapping[str, Any], module: str) -> bool:
    saved = config.get("modules_to_save") or ()
    if any(re.match(_SAVED.format(name), module) for name in saved):
        return True
    excluded = config.get("exclude_modules") or ()
    if isinstance(excluded, str):
        return re.fullmatch(excluded, module) is not None
    return _named(excluded, module)


def _named(names: Any, module: str) -> bool:
    return module in names or any(module.endswith(f".{name}") for name in names)


def _in_layers(config: Mapping[str, Any], module: str) -> bool:
    wanted = config.get("layers_to_transform")
    if wanted is None or wanted == []:
        return True
    patterns = config.get("layers_pattern") or [r"[^.]*"]
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        if found := re.match(_LAYER.format(pattern), module):
            index = int(found[1])
            return index == wanted if isinstance(wanted, int) else index in wanted
    return False
