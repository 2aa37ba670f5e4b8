"""PEFT's own merge of one module: a tree that holds nothing else, so memory is one weight.

For methods whose update needs the whole weight (PiSSA, OLoRA, LoHa, LoKr, IA³, OFT). The only
importer of torch and peft here; needs the extra `convert-peft`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from convert.errors import AdapterError
from convert.json_file import read_object
from convert.sources import Float32
from convert.updates import Foreign

try:
    import peft
    import torch
    from peft.utils.save_and_load import get_peft_model_state_dict, set_peft_model_state_dict
except ImportError:
    peft = None

_PREFIX = "base_model.model."
_WHOLE = ("modules_to_save", "trainable_token_indices", "layer_replication", "task_type")


def require_peft(folder: Path) -> None:
    """Refuse an adapter that only PEFT can merge where PEFT is not installed.

    Raises:
        AdapterError: names the adapter and the extra.
    """
    if peft is None:
        config = read_object(folder / "adapter_config.json")
        raise AdapterError("adapter_needs_peft", path=folder, method=config.get("peft_type"))


def check_parts(
    folder: Path, modules: Sequence[tuple[str, tuple[int, int], Mapping[str, tuple[int, ...]]]]
) -> None:
    """Hold the adapter's tensors to those PEFT expects; nothing is read or computed.

    `modules`: name, weight shape, and the shape of every part in the file.

    Raises:
        AdapterError: PEFT is not installed, knows no such adapter, or expects other parts.
    """
    require_peft(folder)
    config = _config(folder)
    for field in ("init_lora_weights", "init_weights", "init_ia3_weights"):
        if hasattr(config, field):
            setattr(config, field, False)
    for module, (rows, columns), parts in modules:
        with torch.device("meta"):
            model = _container(folder, config, module, torch.nn.Linear(columns, rows, bias=False))
        state = get_peft_model_state_dict(model, save_embedding_layers=False)
        expected = {
            name.removeprefix(f"{_PREFIX}{module}."): tuple(value.shape)
            for name, value in state.items()
        }
        if expected != dict(parts):
            wrong = sorted(set(expected.items()) ^ set(parts.items()))
            raise AdapterError("adapter_parts", path=folder, module=module, part=wrong[0][0])


def merged_by_peft(foreign: Foreign, parts: Mapping[str, Float32], start: Float32) -> Float32:
    """Return the weight (rows, columns) or the bias (rows,) after the adapter.

    Raises:
        AdapterError: PEFT is not installed or cannot merge this.
    """
    require_peft(foreign.folder)
    is_bias = start.ndim == 1
    rows, columns = (start.shape[0], 1) if is_bias else start.shape
    linear = torch.nn.Linear(columns, rows, bias=is_bias)
    with torch.no_grad():
        if is_bias:
            linear.weight.zero_()
            linear.bias.copy_(torch.from_numpy(start))
        else:
            linear.weight.copy_(torch.from_numpy(start))
    model = _container(foreign.folder, _config(foreign.folder), foreign.module, linear)
    state = {
        f"{_PREFIX}{foreign.module}.{name}": torch.from_numpy(value.copy())
        for name, value in parts.items()
    }
    result = set_peft_model_state_dict(model, state)
    if result.unexpected_keys:
        raise AdapterError(
            "adapter_parts",
            path=foreign.folder,
            module=foreign.module,
            part=result.unexpected_keys[0],
        )
    merged = model.merge_and_unload(safe_merge=False).get_submodule(foreign.module)
    values: Float32 = (merged.bias if is_bias else merged.weight).detach().numpy()
    return values


def _config(folder: Path) -> Any:
    fields = read_object(folder / "adapter_config.json")
    for name in _WHOLE:  # handled without PEFT, or meaningless for one module
        fields.pop(name, None)
    if "bias" in fields:
        fields["bias"] = "none"
    fields["inference_mode"] = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # fields of other versions
            return peft.PeftConfig.from_peft_type(**fields)
    except (TypeError, ValueError, KeyError) as error:
        raise AdapterError("adapter_foreign", path=folder, reason=str(error)) from error


def _container(folder: Path, config: Any, module: str, linear: Any) -> Any:
    """Return a PEFT model that holds `linear` at the dotted name `module`, nothing else."""
    box = torch.nn.Module()
    *parents, name = module.split(".")
    place = box
    for parent in parents:
        inner = torch.nn.Module()
        place.add_module(parent, inner)
        place = inner
    place.add_module(name, linear)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return peft.get_peft_model(box, config)
    except (TypeError, ValueError, KeyError, RuntimeError) as error:
        raise AdapterError("adapter_foreign", path=folder, reason=str(error)) from error
