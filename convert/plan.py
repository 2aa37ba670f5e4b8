"""Everything that can be known from headers alone; refuses before a byte is written.

The plan fixes every tensor's source, adapter update, type and place in the file, so the pass
that follows takes no decision.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from convert.adapted import AdaptedBase, check_foreign, check_shapes
from convert.arch.spec import Family, Head, RowOrder, TensorSpec
from convert.checkpoint import open_checkpoint
from convert.dialogue_form import read_dialogue_form
from convert.errors import AdapterError, BaseModelError, OutputError
from convert.ggml import TensorType, row_bytes
from convert.gguf_header import is_gguf
from convert.hyperparameters import Hyperparameters
from convert.merge import MergedTensor
from convert.metadata import Description, PlannedTensor, header_bytes, padded
from convert.mixtures import Mixture, TypeRule, choose_types
from convert.model_config import read_model
from convert.module_names import shortened, style_of
from convert.other_base import other_base
from convert.rope import rope_tensors
from convert.run_card import RunCard, read_run_card
from convert.sources import SourceTensor
from convert.updates import Update
from convert.value_forms import ValueForm
from convert.vocab import Vocabulary


@dataclass(frozen=True, slots=True)
class Plan:
    """One conversion, decided. Sizes in bytes; `header` ends where tensor data begins.

    `left_out`: tensors of base and adapter beside the decoder. `other_base`: the base the adapter
    names, where that is not this one's name.
    """

    base: Path
    adapter: Path | None
    out: Path
    mixture: Mixture
    rules: tuple[TypeRule, ...]
    family: Family
    parameters: Hyperparameters
    tokenizer: Path
    vocabulary: Vocabulary
    description: Description
    card: RunCard
    tensors: tuple[PlannedTensor, ...]
    header: bytes
    size: int
    left_out: tuple[str, ...]
    other_base: str | None

    @property
    def card_file(self) -> Path:
        """Where the output's `model.json` stands: beside it."""
        return self.out.with_name("model.json")

    @property
    def part(self) -> Path:
        """The output until it is proven."""
        return self.out.with_name(f"{self.out.name}.part")

    @property
    def weights(self) -> int:
        """Weights of the model."""
        return sum(tensor.merged.weights for tensor in self.tensors)


def make_plan(
    base: Path,
    adapter: Path | None,
    out: Path,
    mixture: Mixture,
    rules: Sequence[TypeRule] = (),
    unnamed: str | None = None,
) -> Plan:
    """Read the headers of `base` and `adapter` and decide the whole conversion.

    Weights are read only where a tied base stores its head once more. `rules` choose the type of
    single tensors in the mixture's place. `unnamed`: what a model is called that its sources give
    no name; the output's name, if not told.

    Raises:
        ConvertError: whatever would make the conversion fail or lie later on.
    """
    if not out.name:
        raise OutputError("out_folder", path=out)
    if not base.is_dir():
        raise BaseModelError("base_missing", path=base)
    family, parameters = read_model(base)
    decoder, left_out = _decoder(family, open_checkpoint(base))
    adapted = AdaptedBase(
        decoder,
        adapter,
        embedding=f"{family.embedding.module}.weight",
        head=f"{family.head.module}.weight",
        tied=parameters.tied,
        styles=family.styles,
        left_out=family.left_out,
    )
    parameters = _adapted_sizes(base, family, parameters, adapted)
    form = read_dialogue_form(base, adapter, family, parameters.vocabulary)
    card = read_run_card(base, adapter)
    description = Description(
        name=card.name or unnamed or out.stem,
        licence=card.licence,
        languages=card.languages,
        chat_template=form.template,
    )
    merged = _merged_tensors(base, family, parameters, adapted)
    check_foreign(merged)
    tensors = tuple(_placed(merged, choose_types(mixture, merged, parameters, rules)))
    header = header_bytes(family, parameters, form.vocabulary, description, mixture, tensors)
    size = len(header) + sum(padded(tensor.bytes) for tensor in tensors)
    return Plan(
        base=base,
        adapter=adapter,
        out=out,
        mixture=mixture,
        rules=tuple(rules),
        family=family,
        parameters=parameters,
        tokenizer=form.tokenizer,
        vocabulary=form.vocabulary,
        description=description,
        card=card,
        tensors=tensors,
        header=header,
        size=size,
        left_out=left_out + (adapted.adapter.left_out if adapted.adapter else ()),
        other_base=other_base(base, adapted.adapter.config) if adapted.adapter else None,
    )


def _decoder(
    family: Family, checkpoint: Mapping[str, SourceTensor]
) -> tuple[dict[str, SourceTensor], tuple[str, ...]]:
    """Return the decoder's tensors by the names it has alone, and what lies beside it."""
    beside = tuple(name for name in checkpoint if name.startswith(family.left_out))
    style = style_of(family.styles, checkpoint)
    decoder = {
        shortened(style, name): tensor for name, tensor in checkpoint.items() if name not in beside
    }
    return decoder, beside


def _adapted_sizes(
    base: Path, family: Family, parameters: Hyperparameters, adapted: AdaptedBase
) -> Hyperparameters:
    """Return the sizes of the model as training left it."""
    if parameters.tied and not adapted.head_is_embedding and family.head_rule is Head.NEVER:
        module = family.head.module
        if adapted.parted:
            raise BaseModelError("base_splits_head", path=base, module=module, family=family.name)
        raise AdapterError(
            "adapter_splits_head",
            path=adapted.adapter.folder if adapted.adapter else base,
            module=module,
            family=family.name,
        )
    layers, attention = adapted.layers, parameters.attention
    if layers is not None and attention.windowed:  # a copied layer sees what its source sees
        windowed = tuple(attention.windowed[layer] for layer in layers if layer < parameters.layers)
        attention = replace(attention, windowed=windowed)
    return replace(
        parameters,
        vocabulary=adapted.vocabulary or parameters.vocabulary,
        layers=len(layers) if layers is not None else parameters.layers,
        attention=attention,
        tied=adapted.head_is_embedding,
    )


def _merged_tensors(
    base: Path, family: Family, parameters: Hyperparameters, adapted: AdaptedBase
) -> list[MergedTensor]:
    """Return the model's tensors in the order llama.cpp files have: globals, then layers."""
    found: list[MergedTensor] = []
    modules = {family.head.module: True}
    for spec, original in _specs(family, parameters, adapted.layers):
        name = f"{spec.module}.{spec.parameter}"
        if len(spec.axes) > 1:
            modules.setdefault(spec.module, False)
        source, update = adapted.find(name, original)
        if source is not None:
            found.append(_merged(spec, source, update, parameters))
        elif not spec.optional:
            raise BaseModelError("tensor_missing", path=base, tensor=original)
    for name, tensor in adapted.unused(family.ignored_suffixes):
        raise BaseModelError("tensor_unknown", path=tensor.path, tensor=name)
    adapted.check_used(modules, parameters.layers)
    for rotary, values in rope_tensors(parameters.rope):
        found.append(MergedTensor(rotary, (len(values),), values))
    return sorted(found, key=_file_order)


def _specs(
    family: Family, parameters: Hyperparameters, layers: Sequence[int] | None
) -> Iterator[tuple[TensorSpec, str]]:
    """Yield every tensor of the model, and the name of its parameter in the base."""
    for spec in family.global_tensors:
        yield spec, f"{spec.module}.{spec.parameter}"
    if not parameters.tied or family.head_rule is Head.ALWAYS:
        yield _head(family, parameters), f"{family.head.module}.{family.head.parameter}"
    for layer, original in enumerate(layers or range(parameters.layers)):
        for spec in family.layer_tensors:
            placed = replace(spec, name=spec.name.format(layer), module=spec.module.format(layer))
            yield placed, f"{spec.module.format(original)}.{spec.parameter}"


def _head(family: Family, parameters: Hyperparameters) -> TensorSpec:
    if family.unit_head_rows is None or parameters.vocabulary < family.unit_head_rows:
        return family.head
    return replace(family.head, form=ValueForm.UNIT_ROWS)


def _merged(
    spec: TensorSpec, source: SourceTensor, update: Update | None, parameters: Hyperparameters
) -> MergedTensor:
    shape, expected = spec.shape(parameters), spec.source_shape(parameters)
    if source.shape != expected:
        raise BaseModelError(
            "tensor_shape",
            path=source.path,
            tensor=source.name,
            expected=list(expected),
            found=list(source.shape),
        )
    if update is not None:
        check_shapes(update, expected)
    multiple = parameters.head_size if spec.order is RowOrder.ROTARY_PAIRS else 1
    part = spec.part.rows(parameters) if spec.part else None
    return MergedTensor(spec.name, shape, source, update, spec.order, multiple, part, spec.form)


def _file_order(tensor: MergedTensor) -> tuple[int, str]:
    first, _, rest = tensor.name.partition(".")
    return (int(rest.partition(".")[0]) if first == "blk" else -1, tensor.name)


def _placed(
    merged: list[MergedTensor], types: Iterator[tuple[TensorType, TensorType]]
) -> Iterator[PlannedTensor]:
    offset = 0
    for tensor, (wanted, kind) in zip(merged, types, strict=True):
        planned = PlannedTensor(tensor, kind, wanted, offset)
        yield planned
        offset += padded(tensor.rows * row_bytes(kind, tensor.columns))


def check_output(plan: Plan, corpus: Path | None = None) -> None:
    """Refuse an output that cannot be written.

    `corpus`: what the vocabulary is proven on.

    Raises:
        OutputError: a folder stands in its place, its folder is missing, it is a file of the
            base or the adapter, the corpus or its own card, the `model.json` there is another
            model's, or less is free than the plan's exact size.
    """
    folder = plan.out.absolute().parent
    if plan.out.is_dir() or not folder.is_dir():
        raise OutputError("out_folder", path=plan.out)
    card = plan.card_file.name
    if plan.out.name.casefold() in (card, f"{card}.part", f"{card}.lock"):
        raise OutputError("out_is_card", path=plan.out)
    sources = _sources(plan, corpus)
    if plan.out.exists() and any(plan.out.samefile(path) for path in sources):
        raise OutputError("out_is_source", path=plan.out)
    if os.path.lexists(plan.card_file) and not _describes(plan.card_file, plan.out.name):
        raise OutputError("card_of_another", path=plan.card_file, file=plan.out.name)
    free = shutil.disk_usage(folder).free + _claimed(plan.part)
    if free < plan.size:
        raise OutputError("disk_full", path=folder, needed=plan.size, free=free)


def _sources(plan: Plan, corpus: Path | None) -> Iterator[Path]:
    """Yield what the output is made of; a GGUF that was put beside base or adapter is none."""
    if corpus is not None and corpus.exists():
        yield corpus
    tensors = (tensor.merged.source for tensor in plan.tensors)
    yield from {tensor.path for tensor in tensors if isinstance(tensor, SourceTensor)}
    for folder in (plan.base, plan.adapter):
        for path in folder.iterdir() if folder is not None else ():
            if path.is_file() and not is_gguf(path):
                yield path


def _claimed(part: Path) -> int:
    """Bytes a killed run holds already, which this one takes over or gives back."""
    return part.stat().st_size if part.is_file() else 0


def _describes(card_file: Path, name: str) -> bool:
    """Tell whether this `model.json` is that of `name`; one nobody can read is not."""
    try:
        card = json.loads(card_file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(card, dict) and card.get("file") == name
