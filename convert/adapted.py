"""A base as its adapter leaves it: where each parameter starts, and what is added to it.

Counts what is used: a tensor of the base that nobody asked for, or an update without a
parameter, refuses the conversion before a byte is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from convert.adapter import Adapter, read_adapter
from convert.child import in_child
from convert.errors import AdapterError
from convert.foreign import check_parts
from convert.merge import MergedTensor
from convert.module_names import Style, lengthened
from convert.sources import SourceTensor, TensorReader
from convert.targets import is_saved_whole, is_targeted
from convert.updates import Update

_COMPARED_ROWS: Final = 1024


class AdaptedBase:
    """The base's tensors and the adapter's updates by parameter name.

    Args:
        checkpoint: the base's tensors.
        adapter: folder of the adapter, None for the base alone.
        embedding, head: the names of these two weights.
        tied: whether the head is the embedding unless an adapter parts them.
        styles: how the adapter may call the decoder's modules.
        left_out: beginnings of what the model has beside its decoder.

    `parted`: config.json ties the two, but the base holds a head of other weights, which are read
    to know that. It is then untied, as transformers 5 does.
    """

    def __init__(
        self,
        checkpoint: Mapping[str, SourceTensor],
        adapter: Path | None,
        *,
        embedding: str,
        head: str,
        tied: bool,
        styles: Sequence[Style] = (),
        left_out: tuple[str, ...] = (),
    ) -> None:
        self.adapter = read_adapter(adapter, styles, left_out) if adapter is not None else None
        self.used: set[str] = set()
        stored, shared = checkpoint.get(embedding), checkpoint.get(head) if tied else None
        self.parted = bool(stored and shared and not _same_values(stored, shared))
        self._checkpoint = checkpoint
        self._updates = dict(self.adapter.updates) if self.adapter else {}
        self._embedding = embedding
        self._head = head
        self._tied = tied and not self.parted
        self._applied: set[str] = set()
        if self._tied:
            self.used.add(head)  # a tied base may store its head once more

    @property
    def layers(self) -> tuple[int, ...] | None:
        """The base's layer behind each of the model's, None where they are the same."""
        return self.adapter.layers if self.adapter else None

    @property
    def vocabulary(self) -> int | None:
        """Rows of the embedding where training resized it.

        Raises:
            AdapterError: the head has another number of rows: PEFT saved one of the two.
        """
        if self.adapter is None:
            return None
        embedding, _ = self._resolved(self._embedding, self._embedding)
        head, _ = self._resolved(self._head, self._head)
        if embedding is None:
            return None
        if head is not None and head.shape[:1] != embedding.shape[:1]:
            raise AdapterError(
                "adapter_vocabulary",
                path=self.adapter.weights,
                rows=embedding.shape[0],
                head=head.shape[0],
            )
        return embedding.shape[0]

    @property
    def head_is_embedding(self) -> bool:
        """Whether one tensor serves as both after the adapter."""
        if not self._tied:
            return False
        ours, theirs = self._updates.get(self._head), self._updates.get(self._embedding)
        if ours is None and (theirs is None or not (theirs.saved or theirs.low_rank)):
            return theirs is None or theirs.foreign is None
        start, _ = self._resolved(self._embedding, self._embedding)
        other, update = self._resolved(self._head, self._head)
        plain = not (update and update.targeted) and not (theirs and theirs.targeted)
        if plain and start and other and _same_values(start, other):
            self._applied.add(self._head)
            return True
        return False

    def find(self, name: str, original: str) -> tuple[SourceTensor | None, Update | None]:
        """Return where parameter `name` starts and what is added, None where neither is.

        `original` is its name in the base; the two differ where layers are repeated.
        """
        start, update = self._resolved(name, original)
        if start is not None:
            self._check_saved(name)
            self._applied.add(name)
            # A parameter the adapter replaced counts as used in the base as well.
            self.used.add(original)
        return start, update

    def unused(self, ignored_suffixes: tuple[str, ...]) -> Iterator[tuple[str, SourceTensor]]:
        """Yield the base's tensors nobody asked for; a repetition may leave layers out."""
        skipped = {
            name for name in self._checkpoint if self.layers is not None and ".layers." in name
        }
        for name, tensor in self._checkpoint.items():
            if name not in self.used | skipped and not name.endswith(ignored_suffixes):
                yield name, tensor

    def check_used(self, modules: Mapping[str, bool], layers: int) -> None:
        """Refuse an adapter that was made for another base, or lost a part.

        Args:
            modules: every matrix's module name, and whether it is the head.
            layers: of the model, for the sentence.

        Raises:
            AdapterError: an update without its parameter, a targeted module without update,
                an update of a module that is none of the adapter's targets.
        """
        if self.adapter is None:
            return
        unused = sorted({one.module for one in self._updates.values()} - self._modules_applied())
        if unused:
            raise AdapterError(
                "adapter_other_base",
                path=self.adapter.folder,
                unused=len(unused),
                total=len({one.module for one in self._updates.values()}),
                first=unused[0],
                layers=layers,
            )
        for name in sorted(self._updates.keys() - self._applied):
            if self._updates[name].foreign is None:  # a scaled output may well have no bias
                raise AdapterError("adapter_no_bias", path=self.adapter.weights, tensor=name)
        self._check_targets(self.adapter, modules)

    def _check_saved(self, name: str) -> None:
        module = name.rpartition(".")[0]
        if self.adapter is None:
            return
        if not is_saved_whole(self.adapter.config, lengthened(self.adapter.style, module)):
            return
        update = self._updates.get(name)
        if update is None or update.saved is None:
            raise AdapterError("adapter_incomplete", path=self.adapter.weights, module=module)

    def _check_targets(self, adapter: Adapter, modules: Mapping[str, bool]) -> None:
        if not adapter.config.get("target_modules"):
            return
        for module, head in modules.items():
            update = self._updates.get(f"{module}.weight")
            found = update is not None and bool(update.low_rank or update.foreign or update.tokens)
            by_tokens = update is not None and not (update.low_rank or update.foreign)
            wanted = is_targeted(adapter.config, lengthened(adapter.style, module), head=head)
            if wanted and not found:
                raise AdapterError("adapter_incomplete", path=adapter.weights, module=module)
            if found and not wanted and not by_tokens:
                raise AdapterError("adapter_untargeted", path=adapter.weights, module=module)

    def _modules_applied(self) -> set[str]:
        return {name.rpartition(".")[0] for name in self._applied}

    def _resolved(self, name: str, original: str) -> tuple[SourceTensor | None, Update | None]:
        update = self._updates.get(name)
        start = (update.saved or update.resized) if update else None
        if update is not None and update.resized and name not in (self._embedding, self._head):
            raise AdapterError("adapter_key_unknown", path=update.resized.path, tensor=name)
        if self._tied and name == self._head:
            theirs = self._updates.get(self._embedding)
            if theirs is not None and theirs.tokens and not (update and update.tokens):
                update = replace(update or Update(name, theirs.path), tokens=theirs.tokens)
            if start is None:
                # Both see a resized embedding; a trained copy is the embedding's alone.
                start = theirs.resized if theirs else None
                start = start or self._checkpoint.get(self._embedding)
        if start is None:
            start = self._checkpoint.get(original)
        return start, update if update is not None and update.targeted else None


def _same_values(one: SourceTensor, other: SourceTensor) -> bool:
    """Tell whether two tensors hold the same weights, reading both."""
    if one.shape != other.shape:
        return False
    if one == other:
        return True
    with TensorReader() as reader:
        for first in range(0, one.shape[0], _COMPARED_ROWS):
            last = min(first + _COMPARED_ROWS, one.shape[0])
            if (reader.rows(one, first, last) != reader.rows(other, first, last)).any():
                return False
    return True


def check_shapes(update: Update, shape: tuple[int, ...]) -> None:
    """Hold an update to the weight it belongs to, (rows, columns), or a bias (rows,).

    Raises:
        AdapterError: names the module and both shapes.
    """
    found: list[int] | None = None
    if update.low_rank is not None and update.low_rank.shape != shape:
        found = list(update.low_rank.shape)
    elif update.added is not None and update.added.values.shape != shape:
        found = list(update.added.values.shape)
    elif (tokens := update.tokens) is not None:
        rows = max(tokens.indices, default=-1) + 1
        if rows > shape[0] or tokens.values.shape[1] != shape[-1]:
            found = [rows, tokens.values.shape[1]]
    if found is not None:
        raise AdapterError(
            "adapter_shape",
            path=update.path,
            module=update.module,
            expected=list(shape),
            found=found,
        )


def check_foreign(tensors: Sequence[MergedTensor]) -> None:
    """Let PEFT say whether it knows every part of what only it can merge.

    Raises:
        AdapterError: PEFT is not installed, or expects other parts.
    """
    modules: dict[str, tuple[tuple[int, int], dict[str, tuple[int, ...]]]] = {}
    folder: Path | None = None
    for tensor in tensors:
        foreign = tensor.update.foreign if tensor.update else None
        if foreign is None or not isinstance(tensor.source, SourceTensor):
            continue
        folder = foreign.folder
        if len(tensor.source.shape) == 2:
            rows, columns = tensor.source.shape
            parts = {name: part.shape for name, part in foreign.parts}
            modules[foreign.module] = ((rows, columns), parts)
    if folder is not None:
        asked = [(module, shape, parts) for module, (shape, parts) in modules.items()]
        in_child(1, check_parts, folder, asked)
