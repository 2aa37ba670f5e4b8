"""`{% generation %}`, which marks replies for training, travels in a form every renderer knows."""

from __future__ import annotations

from pathlib import Path

import gguf
import jinja2
import pytest

from convert.chat_template import read_chat_template
from tests.support.convert_run import converted
from tests.support.llama_cpp_tree import REASON, TREE
from tests.support.tiny_base import CHAT_TEMPLATE, Shape, write_base

MARKED = """\
{%- for message in messages %}
    {% if message.role == 'assistant' %}
<|im_start|>assistant
    {% generation %}

{{ message.content }}<|im_end|>
    {%- endgeneration -%}

    {% else %}
<|im_start|>{{ message.role }}
{%+ generation %} {{ message.content }} {% endgeneration +%}
<|im_end|>
    {% endif %}
{% endfor %}
{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}{# {% generation %} #}{{ '{% generation %}' }}
{% raw %}{% endgeneration %}{% endraw %}{% set x = "{% generation %}" %}{{ x }}
"""
MESSAGES = [
    {"role": "user", "content": "您好"},
    {"role": "assistant", "content": "请坐。"},
    {"role": "user", "content": "嗯"},
]


def plain(template: str, folder: Path) -> str:
    folder.mkdir(exist_ok=True)
    (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    return read_chat_template(folder, None, None)


def rendered(template: str) -> str:
    """By a Jinja that knows no tag but its own."""
    environment = jinja2.Environment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    return environment.from_string(template).render(
        messages=MESSAGES, add_generation_prompt=True, bos_token="", eos_token="", tools=None
    )


def by_transformers(template: str) -> str:
    from transformers.utils.chat_template_utils import render_jinja_template

    (text,), _ = render_jinja_template(
        [MESSAGES], chat_template=template, add_generation_prompt=True, bos_token="", eos_token=""
    )
    return str(text)


def test_only_the_marks_are_replaced(tmp_path: Path) -> None:
    found = plain(MARKED, tmp_path / "base").splitlines()
    changed = {
        number: (before, after)
        for number, (before, after) in enumerate(zip(MARKED.splitlines(), found, strict=True))
        if before != after
    }
    assert list(changed) == [3, 6, 10]
    assert changed[3][1] == "    {% if true %}"
    assert changed[6][1] == "    {%- endif -%}"
    assert changed[10][1] == "{%+ if true %} {{ message.content }} {% endif +%}"


def test_a_template_without_marks_stays_as_it_was(tmp_path: Path) -> None:
    assert plain(CHAT_TEMPLATE, tmp_path / "base") == CHAT_TEMPLATE


@pytest.mark.finetune
def test_it_renders_to_what_transformers_makes_of_the_marks(tmp_path: Path) -> None:
    assert rendered(plain(MARKED, tmp_path / "base")) == by_transformers(MARKED)


@pytest.mark.finetune
@pytest.mark.skipif(TREE is None, reason=REASON)
def test_published_templates_render_to_what_transformers_makes_of_them(tmp_path: Path) -> None:
    folder = Path(str(TREE)) / "models" / "templates"
    texts = [file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.jinja"))]
    marked = [text for text in texts if "endgeneration" in text]
    assert len(marked) >= 3
    for template in marked:
        assert rendered(plain(template, tmp_path / "base")) == by_transformers(template)


def test_a_base_with_marks_is_converted_and_proven(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", Shape(layers=1))
    template = CHAT_TEMPLATE.replace(
        "{{ message.content }}",
        "{% generation %}{{ message.content }}{% endgeneration %}{{ strftime_now('')}}",
    )
    (base / "chat_template.jinja").write_text(template, encoding="utf-8")
    out = tmp_path / "m.gguf"
    converted("run", base, "--out", out, "--quant", "Q8_0", "--verify", "full", "--threads", 1)
    field = gguf.GGUFReader(out).get_field("tokenizer.chat_template")
    assert field is not None
    assert "generation %}" not in str(field.contents()).replace("add_generation", "")
    assert converted("verify", out, base)["structure"]["tensors"] > 0
