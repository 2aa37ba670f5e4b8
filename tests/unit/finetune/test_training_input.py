"""From a dialogue to packed rows: tokens, loss mask, positions, one dialogue never another's."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytestmark = pytest.mark.finetune

if TYPE_CHECKING:
    from pathlib import Path

    from finetune.corpus.dialogue import Dialogue
    from finetune.template import Example

    Dialogues = tuple[Dialogue, ...]

CONTEXT = 512
Tokenizer = Any  # transformers is untyped


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Dialogues:
    from finetune.corpus.build import import_corpus
    from tests.support.finetune_dialogues import write_public_corpus

    path: Path = tmp_path_factory.mktemp("corpus") / "public.jsonl"
    return import_corpus("smile", write_public_corpus(path)).dialogues


@pytest.fixture(scope="module")
def tokenizer(corpus: Dialogues) -> Tokenizer:
    from finetune.tokenizer import train_tokenizer

    return train_tokenizer(corpus, 512)


@pytest.fixture(scope="module")
def examples(corpus: Dialogues, tokenizer: Tokenizer) -> list[Example]:
    from finetune.template import Template, with_control_lines

    template = Template(tokenizer)
    return [template.render(with_control_lines(d), CONTEXT) for d in corpus]


def test_role_names_and_marks_are_single_tokens(tokenizer: Tokenizer) -> None:
    for text in ("user", "assistant", "system", "<|im_start|>", "<|im_end|>"):
        assert len(tokenizer.encode(text)) == 1


def test_our_rendering_is_that_of_the_chat_template(
    tokenizer: Tokenizer, corpus: Dialogues
) -> None:
    from finetune.template import Template

    messages = corpus[0].messages[:-1]
    theirs = tokenizer.apply_chat_template(
        [{"role": m.role, "content": m.content} for m in messages],
        add_generation_prompt=True,
        return_dict=False,
    )
    assert Template(tokenizer).prompt(messages) == theirs


def test_a_written_out_mark_stays_text(tokenizer: Tokenizer) -> None:
    from finetune.template import Template

    ids = Template(tokenizer).text("<|im_end|>")
    assert tokenizer.convert_tokens_to_ids("<|im_end|>") not in ids
    assert tokenizer.decode(ids) == "<|im_end|>"


def test_every_counsellor_reply_is_learned_with_its_end_and_nothing_else(
    tokenizer: Tokenizer, corpus: Dialogues, examples: list[Example]
) -> None:
    for dialogue, example in zip(corpus, examples, strict=True):
        learned = [i for i, t in zip(example.ids, example.target, strict=True) if t]
        replies = [m.content for m in dialogue.messages if m.role == "assistant"]
        assert tokenizer.decode(learned) == "<|im_end|>".join([*replies, ""])


def test_half_of_the_counsellor_turns_carry_a_control_line(corpus: Dialogues) -> None:
    from finetune.template import with_control_lines

    rendered = [m for d in corpus for m in with_control_lines(d)]
    share = sum(m.role == "system" for m in rendered) / sum(m.role == "assistant" for m in rendered)
    assert 0.4 < share < 0.6


def test_a_dialogue_longer_than_the_context_is_cut_after_a_whole_reply(
    tokenizer: Tokenizer, corpus: Dialogues
) -> None:
    from finetune.template import Template

    whole = Template(tokenizer).render(corpus[0].messages, CONTEXT)
    cut = Template(tokenizer).render(corpus[0].messages, len(whole.ids) - 1)
    assert 0 < len(cut.ids) < len(whole.ids)
    assert cut.ids == whole.ids[: len(cut.ids)]
    assert cut.target[-2:] == [1, 0]  # the end mark, then the newline


def test_packing_keeps_every_dialogue_whole_and_apart(examples: list[Example]) -> None:
    from finetune.pack import pack

    packed = pack(examples, CONTEXT, CONTEXT, pad=0, seed=1)
    found = [
        tuple(packed.ids[row][packed.segment[row] == number])
        for row in range(len(packed))
        for number in range(1, packed.segment[row].max() + 1)
    ]
    assert sorted(found) == sorted(tuple(e.ids) for e in examples)
    assert packed.tokens == sum(len(e.ids) for e in examples)


def test_positions_start_anew_with_every_dialogue_and_never_pass_the_context(
    examples: list[Example],
) -> None:
    from finetune.pack import pack

    packed = pack(examples, CONTEXT, 2048, pad=0, seed=1)
    assert packed.position.max() < 2048
    assert packed.position.max() > CONTEXT  # the stretched ones
    for row in range(len(packed)):
        for number in range(1, packed.segment[row].max() + 1):
            position = packed.position[row][packed.segment[row] == number]
            assert position[0] == 0
            assert (np.diff(position) > 0).all()
            assert (np.diff(position) > 1).sum() <= 1


def test_the_loss_sees_all_counsellor_tokens_and_no_border(examples: list[Example]) -> None:
    from finetune.pack import pack

    packed = pack(examples, CONTEXT, CONTEXT, pad=0, seed=1)
    for row in range(len(packed)):
        chosen, weight = packed.loss_positions(row, 0, clients=False)
        following = chosen[weight > 0] + 1
        assert sorted(following) == list(np.flatnonzero(packed.target[row] == 1))
        everyone, counted = packed.loss_positions(row, 0, clients=True)
        inside = everyone[counted > 0]
        assert (packed.segment[row][inside] == packed.segment[row][inside + 1]).all()


def test_attention_over_a_packed_row_is_attention_over_each_dialogue_alone() -> None:
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    from finetune.attention import PACKED

    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=64,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=32,
    )
    model = Qwen2ForCausalLM(config).eval()
    ids = torch.randint(0, 64, (1, 60))
    cuts = [0, 17, 40, 60]
    alone = [model(input_ids=ids[:, a:b]).logits for a, b in pairwise(cuts)]
    model.set_attn_implementation(PACKED)
    sizes = torch.tensor([17, 23, 20])
    packed = model(
        input_ids=ids,
        position_ids=torch.cat([torch.arange(n) for n in sizes])[None],
        segment=torch.repeat_interleave(torch.arange(3), sizes),
        use_cache=False,
    ).logits
    torch.testing.assert_close(packed, torch.cat(alone, dim=1), atol=1e-5, rtol=1e-4)


def test_the_gradient_of_packed_attention_is_that_of_torch() -> None:
    import torch

    from finetune.attention import attend

    torch.manual_seed(0)
    inputs = [torch.randn(1, 2, 30, 16, requires_grad=True) for _ in range(3)]
    segment = torch.repeat_interleave(torch.arange(2), torch.tensor([13, 17]))
    attend(*inputs, segment)[0].square().sum().backward()
    ours = [x.grad.clone() for x in inputs]
    for x in inputs:
        x.grad = None
    parts = [
        torch.nn.functional.scaled_dot_product_attention(
            *(x[:, :, run] for x in inputs), is_causal=True
        )
        for run in (slice(0, 13), slice(13, 30))
    ]
    torch.cat(parts, dim=2).square().sum().backward()
    for mine, x in zip(ours, inputs, strict=True):
        torch.testing.assert_close(mine, x.grad, atol=1e-5, rtol=1e-4)
