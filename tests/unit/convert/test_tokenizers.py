"""Every form of tokenizer: llama.cpp splits thousands of strings as the source does."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from tokenizers import AddedToken, Regex, Tokenizer, pre_tokenizers, processors

from convert.chat_template import render
from convert.errors import VocabularyError
from convert.mixtures import Mixture
from convert.plan import Plan, make_plan
from convert.pretokenizer import TEKKEN, THREE_DIGITS
from convert.proof import TokenizerProof, prove_tokenizer
from convert.runtime import tokenise
from convert.source_tokenizer import load_tokenizer
from convert.token_table import Kind, SpacePrefix, TokenType
from tests.support import llama_cpp_tree
from tests.support.convert_run import convert, converted
from tests.support.tiny_base import (
    TEXT,
    Shape,
    read_json,
    write_adapter,
    write_json,
    write_tokenizer,
)
from tests.support.tiny_families import CONFIGS, header_of, write_family_base
from tests.support.tiny_tokenizers import ROWS, pieces_as_json, train_pieces, write_ranks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DIALOGUE = [
    {"role": "user", "content": "你好"},
    {"role": "assistant", "content": "我在听。"},
    {"role": "user", "content": "睡不着"},
]


def base_of(folder: Path, name: str, rows: int = ROWS) -> Path:
    """A base without a tokenizer."""
    rows_field = "padded_vocab_size" if "chatglm" in name or "glm-4" in name else "vocab_size"
    base = write_family_base(folder, CONFIGS[name] | {rows_field: rows})
    for file in ("tokenizer.json", "tokenizer_config.json"):
        (base / file).unlink()
    return base


def proven(base: Path, adapter: Path | None = None) -> tuple[Plan, TokenizerProof]:
    plan = make_plan(base, adapter, base.parent / "m.gguf", Mixture.F16)
    return plan, prove_tokenizer(header_of(plan), plan.tokenizer, plan.vocabulary, None)


def ids_of(plan: Plan, texts: list[str]) -> list[list[int]]:
    return tokenise(header_of(plan), texts)[0]


def llama_2(base: Path) -> None:
    """SentencePiece alone, special tokens as Llama's slow tokenizer has them."""
    train_pieces(base)
    write_json(base / "tokenizer_config.json", {"eos_token": "</s>", "bos_token": "<s>"})


def yi(base: Path) -> None:
    """Special tokens of a chat model over pieces of the model, by id."""
    train_pieces(base, reserved=["<fim>", "<|startoftext|>"])
    over = {"610": {"content": "<|im_start|>", "special": True}}
    over |= {"611": {"content": "<|im_end|>", "special": True}}
    config = {"added_tokens_decoder": over, "eos_token": "<|im_end|>", "add_bos_token": False}
    write_json(base / "tokenizer_config.json", config)


def llama_2_json(base: Path) -> None:
    processor = train_pieces(base)
    tokenizer = pieces_as_json(processor, "prepend")
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>", "<|im_end|>"])
    tokenizer.save(str(base / "tokenizer.json"))
    write_json(base / "tokenizer_config.json", {"eos_token": "<|im_end|>", "bos_token": "<s>"})


def mistral(base: Path) -> None:
    tokenizer = pieces_as_json(train_pieces(base), "first")
    tokenizer.add_special_tokens(["<s>", "</s>", "[INST]", "[/INST]"])
    tokenizer.save(str(base / "tokenizer.json"))
    write_json(base / "tokenizer_config.json", {"eos_token": "</s>", "bos_token": "<s>"})


def gemma(base: Path) -> None:
    tokenizer = pieces_as_json(train_pieces(base, dummy_prefix=False), "never")
    tokenizer.add_special_tokens(["<s>", "</s>", "<start_of_turn>", "<end_of_turn>"])
    tokenizer.add_tokens([AddedToken("<table>", normalized=False)])
    tokenizer.save(str(base / "tokenizer.json"))
    write_json(base / "tokenizer_config.json", {"eos_token": "</s>", "bos_token": "<s>"})


def phi_3(base: Path) -> None:
    tokenizer = pieces_as_json(train_pieces(base), "prepend")
    tokenizer.add_special_tokens(["<s>", "<|endoftext|>"])
    stripping = [
        AddedToken(text, rstrip=True, normalized=False)
        for text in ("</s>", "<|assistant|>", "<|end|>", "<|user|>")
    ]
    tokenizer.add_special_tokens(stripping)
    tokenizer.save(str(base / "tokenizer.json"))
    write_json(base / "tokenizer_config.json", {"eos_token": "<|endoftext|>"})


def chatglm2(base: Path) -> None:
    train_pieces(base)
    write_json(base / "tokenizer_config.json", {"tokenizer_class": "ChatGLMTokenizer"})
    (base / "chat_template.jinja").unlink()


def chatglm3(base: Path) -> None:
    chatglm2(base)
    code = "raise SystemExit  # <|user|> and others are role tokens"
    (base / "tokenization_chatglm.py").write_text(code, encoding="utf-8")


def baichuan(base: Path, first: int) -> None:
    """Reserved tokens in front; the chat models' turns begin with those at 195 and 196."""
    names = [f"<reserved_{first - 192 + i}>" for i in range(200)]
    train_pieces(base, reserved=names)
    write_json(base / "tokenizer_config.json", {"add_bos_token": False})
    (base / "chat_template.jinja").unlink()


def glm_json(base: Path, *, whole_words: bool) -> None:
    """GLM-4 in transformers' form: two tokens before every text, and no begin token."""
    tokenizer = byte_level(base, THREE_DIGITS, whole_words=whole_words)
    tokenizer.add_special_tokens(["[gMASK]", "<sop>", "<|user|>", "<|assistant|>"])
    marks = [(text, tokenizer.token_to_id(text)) for text in ("[gMASK]", "<sop>")]
    added = processors.TemplateProcessing(single="[gMASK] <sop> $A", special_tokens=marks)
    tokenizer.post_processor = processors.Sequence([processors.ByteLevel(), added])
    tokenizer.save(str(base / "tokenizer.json"))
    write_json(base / "tokenizer_config.json", {"eos_token": "<|endoftext|>"})


def nemo(base: Path) -> None:
    tokenizer = byte_level(base, TEKKEN, whole_words=True)
    tokenizer.add_special_tokens(["<s>", "</s>", "[INST]", "[/INST]"])
    begin = [("<s>", tokenizer.token_to_id("<s>"))]
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=begin)
    tokenizer.save(str(base / "tokenizer.json"))
    write_json(base / "tokenizer_config.json", {"eos_token": "</s>", "bos_token": "<s>"})


def byte_level(base: Path, pattern: str, *, whole_words: bool) -> Tokenizer:
    """A trained byte-level tokenizer that cuts by `pattern`."""
    write_tokenizer(base, Shape())
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    cut = pre_tokenizers.Split(Regex(pattern), "isolated")
    bytes_only = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([cut, bytes_only])
    tokenizer.model.ignore_merges = whole_words
    return tokenizer


FORMS: dict[str, tuple[str, Callable[[Path], Any], Kind, SpacePrefix]] = {
    "Llama 2": ("llama 2", llama_2, Kind.PIECES, SpacePrefix.ALWAYS),
    "Yi": ("llama 2", yi, Kind.PIECES, SpacePrefix.ALWAYS),
    "Llama 2, tokenizer.json": ("llama 2", llama_2_json, Kind.PIECES, SpacePrefix.ALWAYS),
    "Mistral 0.3": ("llama 2", mistral, Kind.PIECES, SpacePrefix.FIRST),
    "Gemma": ("gemma 2", gemma, Kind.PIECES, SpacePrefix.NEVER),
    "Phi-3": ("phi-3", phi_3, Kind.PIECES, SpacePrefix.ALWAYS),
    "ChatGLM2": ("chatglm2", chatglm2, Kind.PIECES, SpacePrefix.ALWAYS),
    "ChatGLM3": ("chatglm2", chatglm3, Kind.PIECES, SpacePrefix.ALWAYS),
    "Baichuan 2": ("baichuan 7B", partial(baichuan, first=106), Kind.PIECES, SpacePrefix.ALWAYS),
    "GLM-4": ("glm-4, rope ratio", write_ranks, Kind.BYTE_LEVEL, SpacePrefix.NEVER),
    "GLM-4, tokenizer.json": (
        "glm",
        partial(glm_json, whole_words=False),
        Kind.BYTE_LEVEL,
        SpacePrefix.NEVER,
    ),
    "GLM-4, tokenizer.json, whole words": (
        "glm",
        partial(glm_json, whole_words=True),
        Kind.BYTE_LEVEL,
        SpacePrefix.NEVER,
    ),
    "Mistral Nemo": (
        "mistral, a window longer than the prompt",
        nemo,
        Kind.BYTE_LEVEL,
        SpacePrefix.NEVER,
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_thousands_of_strings_are_split_alike(form: str, tmp_path: Path) -> None:
    family, write, kind, prefix = FORMS[form]
    base = base_of(tmp_path / "base", family)
    write(base)
    plan, proof = proven(base)
    assert proof.strings >= 5000
    assert (plan.vocabulary.kind, plan.vocabulary.space_prefix) == (kind, prefix)
    assert plan.vocabulary.begin_id is not None or not plan.vocabulary.adds_begin
    assert set(proof.end_ids) >= set(plan.vocabulary.end_ids)
    learnt = sum(map(len, ids_of(plan, list(TEXT)))) / sum(len(text.encode()) for text in TEXT)
    assert learnt < 0.6, "the tokens themselves, not bytes, are what was compared"


TURNS: dict[str, tuple[str, Callable[[Path], Any], str, set[str]]] = {
    "ChatGLM2": (
        "chatglm2",
        chatglm2,
        "[gMASK]sop[Round 1]\n\n问：你好\n\n答：我在听。\n\n[Round 2]\n\n问：睡不着\n\n答：",
        {"</s>"},
    ),
    "ChatGLM3": (
        "chatglm2",
        chatglm3,
        "[gMASK]sop<|user|>\n 你好<|assistant|>\n 我在听。<|user|>\n 睡不着<|assistant|>",
        {"</s>", "<|user|>"},
    ),
    "Baichuan 1": (
        "baichuan 13B",
        partial(baichuan, first=102),
        "<reserved_102>你好<reserved_103>我在听。<reserved_102>睡不着<reserved_103>",
        {"</s>", "<reserved_102>"},
    ),
    "Baichuan 2": (
        "baichuan 7B",
        partial(baichuan, first=106),
        "<reserved_106>你好<reserved_107>我在听。<reserved_106>睡不着<reserved_107>",
        {"</s>", "<reserved_106>"},
    ),
}


@pytest.mark.parametrize("form", TURNS)
def test_a_family_that_ships_no_template_is_supplied_with_its_own_form(
    form: str, tmp_path: Path
) -> None:
    family, write, expected, ends = TURNS[form]
    base = base_of(tmp_path / "base", family)
    write(base)
    plan = make_plan(base, None, tmp_path / "m.gguf", Mixture.F16)
    text = render(plan.description.chat_template, DIALOGUE, plan.vocabulary)
    assert text == expected
    assert {plan.vocabulary.tokens[id_] for id_ in plan.vocabulary.end_ids} == ends
    (ids,) = ids_of(plan, [text])
    control = [id_ for id_ in ids if plan.vocabulary.types[id_] is TokenType.CONTROL]
    marks = [plan.vocabulary.tokens[id_] for id_ in control]
    assert marks == re.findall(r"\[gMASK\]|sop|<[|\w]+>", expected)


@pytest.mark.parametrize("settings", [True, False], ids=["with its settings", "pieces alone"])
def test_roles_are_kept_where_the_adapter_holds_the_pieces_without_the_code(
    settings: bool, tmp_path: Path
) -> None:
    base = base_of(tmp_path / "base", "chatglm2")
    chatglm3(base)
    module = "transformer.encoder.layers.1.self_attention.query_key_value"
    adapter = write_adapter(
        tmp_path / "adapter",
        modules={module: (128, 64)},
        target_modules=r".*1\.self_attention.query.*",
    )
    for name in ("tokenizer.model", *(["tokenizer_config.json"] if settings else [])):
        (adapter / name).write_bytes((base / name).read_bytes())
    plan, proof = proven(base, adapter)
    assert plan.tokenizer == adapter / "tokenizer.model"
    assert proof.strings >= 5000
    text = render(plan.description.chat_template, DIALOGUE, plan.vocabulary)
    assert text == TURNS["ChatGLM3"][2]


def test_an_own_template_wins_over_the_supplied_one(tmp_path: Path) -> None:
    base = base_of(tmp_path / "base", "chatglm2")
    chatglm3(base)
    (base / "chat_template.jinja").write_text("{{ messages[0].content }}", encoding="utf-8")
    plan = make_plan(base, None, tmp_path / "m.gguf", Mixture.F16)
    assert plan.description.chat_template == "{{ messages[0].content }}"


def test_the_tokenizer_beside_the_adapter_wins(tmp_path: Path) -> None:
    base = base_of(tmp_path / "base", "llama 2")
    llama_2_json(base)
    adapter = write_adapter(
        tmp_path / "adapter", modules={"lm_head": (ROWS, 64)}, target_modules=["lm_head"]
    )
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.add_special_tokens(["<|calm|>"])
    tokenizer.save(str(adapter / "tokenizer.json"))
    plan, proof = proven(base, adapter)
    assert "<|calm|>" in plan.vocabulary.control_tokens
    assert proof.strings >= 5000


LOST: dict[str, tuple[dict[str, dict[str, Any]], str]] = {
    "added_tokens.json": ({"added_tokens.json": {"<|calm|>": 601}}, "<|calm|>"),
    "added_tokens_decoder": (
        {"tokenizer_config.json": {"added_tokens_decoder": {"601": {"content": "<|calm|>"}}}},
        "<|calm|>",
    ),
    "vocab.json": ({"vocab.json": {"<s>": 1, "<|calm|>": 601}}, "<|calm|>"),
    "an id of another token": ({"vocab.json": {"<s>": 2}}, "<s>"),
    "an end token": ({"tokenizer_config.json": {"eos_token": "<|calm|>"}}, "<|calm|>"),
    "an end token, written long": (
        {"tokenizer_config.json": {"eos_token": {"content": "<|calm|>"}}},
        "<|calm|>",
    ),
}


@pytest.mark.parametrize(("files", "token"), LOST.values(), ids=LOST)
def test_a_trained_token_that_no_tokenizer_beside_the_adapter_holds_is_refused_by_name(
    files: dict[str, dict[str, Any]], token: str, tmp_path: Path
) -> None:
    base, adapter = with_adapter(tmp_path)
    for name, content in files.items():
        write_json(adapter / name, content)
    with pytest.raises(VocabularyError) as caught:
        make_plan(base, adapter, tmp_path / "m.gguf", Mixture.F16)
    assert caught.value.key == "convert.tokenizer_unsaved"
    assert caught.value.values["token"] == token


def test_tokens_that_are_the_bases_own_may_stand_beside_the_adapter_without_a_tokenizer(
    tmp_path: Path,
) -> None:
    base, adapter = with_adapter(tmp_path)
    vocabulary = Tokenizer.from_file(str(base / "tokenizer.json")).get_vocab()
    end = vocabulary["<|im_end|>"]
    write_json(adapter / "vocab.json", vocabulary)
    write_json(adapter / "added_tokens.json", {"<|im_end|>": end})
    settings = {"added_tokens_decoder": {str(end): {"content": "<|im_end|>", "special": True}}}
    write_json(adapter / "tokenizer_config.json", settings | {"eos_token": "<|im_end|>"})
    plan = make_plan(base, adapter, tmp_path / "m.gguf", Mixture.F16)
    assert plan.tokenizer == base / "tokenizer.json"


def test_the_end_token_an_adapter_names_ends_a_reply_though_the_tokenizer_is_the_bases(
    tmp_path: Path,
) -> None:
    base, adapter = with_adapter(tmp_path)
    before = make_plan(base, adapter, tmp_path / "m.gguf", Mixture.F16).vocabulary
    end = before.tokens.index("<s>")
    assert end not in before.end_ids
    write_json(adapter / "tokenizer_config.json", {"eos_token": "<s>"})
    plan = make_plan(base, adapter, tmp_path / "m.gguf", Mixture.F16)
    assert plan.vocabulary.end_ids == (*before.end_ids, end)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tokenizer_config.json", {"added_tokens_decoder": [1]}),
        ("tokenizer_config.json", {"added_tokens_decoder": {"x": {}}}),
        ("vocab.json", {"a": None}),
        ("added_tokens.json", {"a": "x"}),
    ],
    ids=str,
)
def test_damaged_tokens_beside_an_adapter_are_refused_by_the_file(
    name: str, content: dict[str, Any], tmp_path: Path
) -> None:
    base, adapter = with_adapter(tmp_path)
    write_json(adapter / name, content)
    with pytest.raises(VocabularyError) as caught:
        make_plan(base, adapter, tmp_path / "m.gguf", Mixture.F16)
    assert caught.value.key == "convert.tokenizer_damaged"
    assert caught.value.values["path"] == adapter / name


def with_adapter(folder: Path) -> tuple[Path, Path]:
    base = base_of(folder / "base", "llama 2")
    llama_2_json(base)
    modules = {"lm_head": (ROWS, 64)}
    return base, write_adapter(folder / "adapter", modules=modules, target_modules=["lm_head"])


def many_ends(base: Path, *, special: bool) -> list[int]:
    """Four tokens that end a reply, none of which llama.cpp knows by its text; return their ids."""
    llama_2_json(base)
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    texts = ["<one>", "<two>", "<three>", "<four>"]
    tokenizer.add_tokens([AddedToken(text, special=special, normalized=False) for text in texts])
    tokenizer.save(str(base / "tokenizer.json"))
    ids = [int(tokenizer.token_to_id(text)) for text in texts]
    write_json(base / "generation_config.json", {"eos_token_id": ids})
    write_json(base / "tokenizer_config.json", {"bos_token": "<s>"})
    (base / "chat_template.jinja").write_text(
        "{% for message in messages %}{{ message.content }}<four>{% endfor %}", encoding="utf-8"
    )
    return ids


def test_of_many_end_tokens_the_templates_has_its_place_in_the_file(tmp_path: Path) -> None:
    base = base_of(tmp_path / "base", "llama 2")
    *others, last = many_ends(base, special=True)
    plan, proof = proven(base)
    assert plan.vocabulary.end_ids[:4] == (last, *others)
    assert last in proof.end_ids
    assert all(plan.vocabulary.types[id_] is TokenType.CONTROL for id_ in others)


def test_an_end_token_without_a_place_that_would_be_shown_as_text_is_refused(
    tmp_path: Path,
) -> None:
    base = base_of(tmp_path / "base", "llama 2")
    many_ends(base, special=False)
    with pytest.raises(VocabularyError) as caught:
        proven(base)
    assert caught.value.key == "convert.end_token_no_room"
    assert caught.value.values["token"] == "<four>"


def test_a_merge_that_only_llama_cpp_makes_is_found_out(tmp_path: Path) -> None:
    base = base_of(tmp_path / "base", "llama 2")
    llama_2_json(base)
    tokenizer = read_json(base / "tokenizer.json")
    made = ["".join(merge) for merge in tokenizer["model"]["merges"]]
    kept = [i for i, text in enumerate(made) if text != made[0]]
    tokenizer["model"]["merges"] = [tokenizer["model"]["merges"][i] for i in kept]
    write_json(base / "tokenizer.json", tokenizer)
    with pytest.raises(VocabularyError) as caught:
        proven(base)
    assert caught.value.key == "convert.tokenizer_differs"
    assert "U+" in str(caught.value.values["points"])


def test_a_models_name_does_not_change_how_it_splits(tmp_path: Path) -> None:
    """llama.cpp strips white space behind special tokens of whatever is named Phi-3."""
    base = base_of(tmp_path / "base", "llama 2")
    llama_2_json(base)
    plan = make_plan(base, None, tmp_path / "Phi-3-like.gguf", Mixture.F16)
    proof = prove_tokenizer(header_of(plan), plan.tokenizer, plan.vocabulary, None)
    assert proof.strings >= 5000


def test_white_space_that_only_the_source_drops_is_said(tmp_path: Path) -> None:
    """Phi-3 drops all of it behind a special token, llama.cpp none that is not ASCII."""
    base = base_of(tmp_path / "base", "phi-3")
    phi_3(base)
    plan = make_plan(base, None, tmp_path / "m.gguf", Mixture.F16)
    texts = ["<|user|>\n你好<|end|>", "<|user|>\n\u3000你好<|end|>"]
    source = load_tokenizer(plan.tokenizer, plan.vocabulary).encode_all(texts)
    written = ids_of(plan, texts)
    assert source[0] == source[1] == written[0] != written[1]
    said = convert("plan", base, "--out", tmp_path / "m.gguf", "--quant", "Q8_0", "--lang", "en")
    assert "U+3000" in said.stdout


@pytest.mark.parametrize("normalises", [True, False])
def test_text_that_only_the_source_puts_into_another_form_is_said(
    normalises: bool, tmp_path: Path
) -> None:
    base = base_of(tmp_path / "base", "glm")
    glm_json(base, whole_words=False)
    change = {"normalizer": {"type": "NFC"} if normalises else None}
    write_json(base / "tokenizer.json", read_json(base / "tokenizer.json") | change)
    plan = make_plan(base, None, tmp_path / "m.gguf", Mixture.F16)
    apart, together = "cafe\u0301", "caf\u00e9"
    source = load_tokenizer(plan.tokenizer, plan.vocabulary).encode_all([apart, together])
    written = ids_of(plan, [apart, together])
    assert source[1] == written[1] != written[0]
    assert (source[0] == source[1]) is normalises
    for language in ("en", "zh"):
        out = ("--out", tmp_path / "m.gguf", "--quant", "Q8_0", "--lang", language)
        assert ("NFC" in convert("plan", base, *out).stdout) is normalises


def test_a_piece_no_c_string_can_hold_is_kept_out_of_the_way(tmp_path: Path) -> None:
    base = base_of(tmp_path / "base", "internlm2")
    count = train_pieces(base).vocab_size()
    piece = b"\x0a\x01\x00\x15\x00\x00\x00\x00"  # text: one NUL; score: 0
    with (base / "tokenizer.model").open("ab") as file:
        file.write(b"\x0a" + bytes([len(piece)]) + piece)
    plan, proof = proven(base)
    assert plan.vocabulary.types[count] is TokenType.UNUSED
    assert proof.strings >= 5000


def test_two_tokens_of_one_text_are_refused(tmp_path: Path) -> None:
    base = base_of(tmp_path / "base", "llama 2")
    yi(base)
    config = read_json(base / "tokenizer_config.json")
    config["added_tokens_decoder"]["620"] = {"content": "<fim>", "special": True}
    write_json(base / "tokenizer_config.json", config)
    with pytest.raises(VocabularyError) as caught:
        make_plan(base, None, tmp_path / "m.gguf", Mixture.F16)
    assert caught.value.values["token"] == "<fim>"


@pytest.mark.parametrize("damage", [b"\xff\xff\xff", b"\x0a\x7f<unk>", b"YQ== one\n"], ids=repr)
def test_a_damaged_model_file_is_refused(damage: bytes, tmp_path: Path) -> None:
    base = base_of(tmp_path / "base", "llama 2")
    (base / "tokenizer.model").write_bytes(damage)
    with pytest.raises(VocabularyError) as caught:
        make_plan(base, None, tmp_path / "m.gguf", Mixture.F16)
    assert caught.value.key == "convert.tokenizer_damaged"


def gemma_3(base: Path, **more: Any) -> None:
    """A special token for pictures, for which a model of text has no embedding row."""
    gemma(base)
    tokenizer = read_json(base / "tokenizer.json")
    image = {"id": ROWS, "content": "<image_soft_token>", "special": True} | more
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    tokenizer["added_tokens"].append(flags | image)
    write_json(base / "tokenizer.json", tokenizer)


def test_a_special_token_without_a_row_is_left_out_and_said(tmp_path: Path) -> None:
    base = base_of(tmp_path / "base", "gemma 3")
    gemma_3(base)
    plan, proof = proven(base)
    assert proof.strings >= 5000
    assert plan.vocabulary.left_out == {ROWS: "<image_soft_token>"}
    assert "<image_soft_token>" not in plan.vocabulary.tokens
    said = converted("plan", base, "--out", tmp_path / "m.gguf", "--quant", "Q8_0")
    assert said["left_out"] == {"tokens": ["<image_soft_token>"], "tensors": {}}


@pytest.mark.parametrize("needs", ["template", "end id", "name", "not special"])
def test_a_token_without_a_row_that_is_needed_is_refused(needs: str, tmp_path: Path) -> None:
    base = base_of(tmp_path / "base", "gemma 3")
    gemma_3(base, special=needs != "not special")
    if needs == "template":
        template = base / "chat_template.jinja"
        text = template.read_text(encoding="utf-8") + "<image_soft_token>"
        template.write_text(text, encoding="utf-8")
    if needs == "end id":
        write_json(base / "generation_config.json", {"eos_token_id": [2, ROWS]})
    if needs == "name":
        write_json(base / "tokenizer_config.json", {"eos_token": "<image_soft_token>"})
    with pytest.raises(VocabularyError) as caught:
        make_plan(base, None, tmp_path / "m.gguf", Mixture.F16)
    assert (caught.value.values["tokens"], caught.value.values["rows"]) == (ROWS + 1, ROWS)


@pytest.mark.slow
@pytest.mark.skipif(llama_cpp_tree.TREE is None, reason=llama_cpp_tree.REASON)
@pytest.mark.parametrize("name", ["llama-bpe", "qwen2", "llama-spm", "phi-3"])
def test_a_real_vocabulary_splits_as_its_original(name: str, tmp_path: Path) -> None:
    rebuilt = llama_cpp_tree.tokenizer_json(name)
    base = base_of(tmp_path / "base", "llama 2", rows=rebuilt.get_vocab_size())
    rebuilt.save(str(base / "tokenizer.json"))
    plan, proof = proven(base)
    assert proof.strings >= 5000
    texts, expected = zip(*llama_cpp_tree.cases(name), strict=True)
    assert ids_of(plan, list(texts)) == list(expected)
    assert len(texts) >= 40


@pytest.mark.slow
@pytest.mark.skipif(llama_cpp_tree.TREE is None, reason=llama_cpp_tree.REASON)
@pytest.mark.parametrize(("name", "prefix"), [("baichuan", False), ("llama-spm", True)])
def test_real_pieces_are_split_as_sentencepiece_does(
    name: str, prefix: bool, tmp_path: Path
) -> None:
    rebuilt = tmp_path / "tokenizer.model"
    rows = llama_cpp_tree.write_tokenizer_model(name, rebuilt, dummy_prefix=prefix)
    base = base_of(tmp_path / "base", "llama 2", rows=rows)
    rebuilt.rename(base / "tokenizer.model")
    write_json(base / "tokenizer_config.json", {"bos_token": "<s>", "eos_token": "</s>"})
    plan, proof = proven(base)
    assert proof.strings >= 5000
    assert plan.vocabulary.space_prefix is (SpacePrefix.ALWAYS if prefix else SpacePrefix.NEVER)
