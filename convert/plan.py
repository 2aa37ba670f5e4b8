"""Everything that can be known from headers alone; refuses before a byte is written.

The plan fixes every tensor's source, adapter update, type and place in the file, so the pass
that follows takes no decision.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from convert.adapter import Delta, read_adapter
from convert.arch import family_of
from convert.arch.spec import EMBEDDING, Family, RowOrder, TensorSpec
from convert.chat_template import read_chat_template
from convert.errors import AdapterError, BaseModelError, OutputError
from convert.ggml import row_bytes
from convert.hyperparameters import Hyperparameters, read_hyperparameters
from convert.merge import MergedTensor
from convert.metadata import Description, PlannedTensor, header_bytes, padded
from convert.mixtures import Mixture, choose_types
from convert.rope import llama3_factors
from convert.run_card import RunCard, read_run_card
from convert.sources import SourceTensor, open_checkpoint
from convert.vocab import Vocabulary, read_vocabulary


@dataclass(frozen=True, slots=True)
class Plan:
    """One conversion, decided. Sizes in bytes; `header` ends where tensor data begins."""

    base: Path
    adapter: Path | None
    out: Path
    mixture: Mixture
    family: Family
    parameters: Hyperparameters
    vocabulary: Vocabulary
    description: Description
    card: RunCard
    tensors: tuple[PlannedTensor, ...]
    header: bytes
    size: int

    @property
    def card_file(self) -> Path:
        """Where the output's `model.json` stands: beside it."""
        return self.out.with_name("model.json")

    @property
    def weights(self) -> int:
        """Weights of the model."""
        return sum(tensor.merged.weights for tensor in self.tensors)


def make_plan(base: Path, adapter: Path | None, out: Path, mixture: Mixture) -> Plan:
    """Read the headers of `base` and `adapter` and decide the whole conversion.

    Raises:
        ConvertError: whatever would make the conversion fail or lie later on.
    """
    if not base.is_dir():
        raise BaseModelError("base_missing", path=base)
    parameters = read_hyperparameters(base)
    family = family_of(parameters.architecture, base)
    vocabulary = read_vocabulary(base, parameters.vocabulary)
    card = read_run_card(base, adapter)
    description = Description(
        name=card.name or out.stem,
        licence=card.licence,
        languages=card.languages,
        chat_template=read_chat_template(base, adapter),
    )
    deltas = read_adapter(adapter) if adapter is not None else {}
    merged = _merged_tensors(base, family, parameters, open_checkpoint(base), deltas)
    unused = sorted(set(deltas) - {one.delta.module for one in merged if one.delta})
    if unused:
        raise AdapterError(
            "adapter_other_base",
            path=adapter,
            unused=len(unused),
            total=len(deltas),
            first=unused[0],
            layers=parameters.layers,
        )
    tensors = tuple(_placed(merged, mixture, parameters))
    header = header_bytes(family, parameters, vocabulary, description, mixture, tensors)
    size = len(header) + sum(padded(tensor.bytes) for tensor in tensors)
    return Plan(
        base=base,
        adapter=adapter,
        out=out,
        mixture=mixture,
        family=family,
        parameters=parameters,
        vocabulary=vocabulary,
        description=description,
        card=card,
        tensors=tensors,
        header=header,
        size=size,
    )


def _merged_tensors(
    base: Path,
    family: Family,
    parameters: Hyperparameters,
    checkpoint: Mapping[str, SourceTensor],
    deltas: Mapping[str, Delta],
) -> list[MergedTensor]:
    """Return the model's tensors in the order llama.cpp files have: globals, then layers."""
    found: list[MergedTensor] = []
    used: set[str] = set()
    for spec in _specs(family, parameters, deltas):
        name = f"{spec.module}.{spec.parameter}"
        tied_head = parameters.tied and spec is family.head
        source = checkpoint.get(f"{EMBEDDING.module}.weight" if tied_head else name)
        if source is None:
            if spec.optional:
                continue
            raise BaseModelError("tensor_missing", path=base, tensor=name)
        used.add(source.name)
        found.append(_merged(spec, source, deltas, parameters))
    if parameters.tied:
        used.add(f"{family.head.module}.weight")
    for name, tensor in checkpoint.items():
        if name not in used and not name.endswith(family.ignored_suffixes):
            raise BaseModelError("tensor_unknown", path=tensor.path, tensor=name)
    if parameters.rope.kind == "llama3":
        factors = llama3_factors(parameters.rope, parameters.head_size)
        values = tuple(float(factor) for factor in factors)
        found.append(MergedTensor("rope_freqs.weight", (len(values),), values))
    return sorted(found, key=_file_order)


def _specs(
    family: Family, parameters: Hyperparameters, deltas: Mapping[str, Delta]
) -> Iterator[TensorSpec]:
    yield from family.global_tensors
    # An adapter on a tied head or embedding makes the two differ: the head is then written too.
    if not parameters.tied or {EMBEDDING.module, family.head.module} & set(deltas):
        yield family.head
    for layer in range(parameters.layers):
        for spec in family.layer_tensors:
            yield TensorSpec(
                spec.name.format(layer),
                spec.module.format(layer),
                spec.axes,
                spec.parameter,
                spec.order,
                spec.optional,
            )


def _merged(
    spec: TensorSpec,
    source: SourceTensor,
    deltas: Mapping[str, Delta],
    parameters: Hyperparameters,
) -> MergedTensor:
    shape = tuple(axis.length(parameters) for axis in spec.axes)
    if source.shape != shape:
        raise BaseModelError(
            "tensor_shape",
            path=source.path,
            tensor=source.name,
            expected=list(shape),
            found=list(source.shape),
        )
    delta = deltas.get(spec.module) if spec.parameter == "weight" and len(shape) == 2 else None
    if delta is not None and delta.shape != shape:
        raise AdapterError(
            "adapter_shape",
            path=delta.left.path,
            module=spec.module,
            expected=list(shape),
            found=list(delta.shape),
        )
    multiple = parameters.head_size if spec.order is RowOrder.ROTARY_PAIRS else 1
    return MergedTensor(spec.name, shape, source, delta, spec.order, multiple)


def _file_order(tensor: MergedTensor) -> tuple[int, str]:
    first, _, rest = tensor.name.partition(".")
    return (int(rest.partition(".")[0]) if first == "blk" else -1, tensor.name)


def _placed(
    merged: list[MergedTensor], mixture: Mixture, parameters: Hyperparameters
) -> Iterator[PlannedTensor]:
    offset = 0
    types = choose_types(mixture, merged, parameters)
    for tensor, (wanted, kind) in zip(merged, types, strict=True):
        planned = PlannedTensor(tensor, kind, wanted, offset)
        yield planned
        offset += padded(tensor.rows * row_bytes(kind, tensor.columns))


def check_output(plan: Plan) -> None:
    """Refuse an output that cannot be written.

    Raises:
        OutputError: a folder stands in its place, its folder is missing, the `model.json`
            there is another model's, or less is free than the plan's exact size.
    """
    folder = plan.out.absolute().parent
    if plan.out.is_dir() or not folder.is_dir():
        raise OutputError("out_folder", path=plan.out)
    if os.path.lexists(plan.card_file) and not _describes(plan.card_file, plan.out.name):
        raise OutputError("card_of_another", path=plan.card_file, file=plan.out.name)
    free = shutil.disk_usage(folder).free
    if free < plan.size:
        raise OutputError("disk_full", path=folder, needed=plan.size, free=free)


def _describes(card_file: Path, name: str) -> bool:
    """Tell whether this `model.json` is that of `name`; one nobody can read is not."""
    try:
        card = json.loads(card_file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(card, dict) and card.get("file") == name
