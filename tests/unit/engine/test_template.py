from __future__ import annotations

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.engine.template import ChatTemplate
from desktop_app.errors import EngineError
from tests.support.engine_tiny import CHATML, THOUGHTFUL

HELLO = (Turn(Role.USER, "您"),)


def rendered(source: str, turns: tuple[Turn, ...]) -> str:
    template = ChatTemplate(source, bos="<s>", eos="</s>")
    return "".join(stretch.text for stretch in template.render(turns))


def test_the_transcript_ends_with_the_header_of_the_next_reply() -> None:
    assert rendered(CHATML, HELLO) == "<|im_start|>user\n您<|im_end|>\n<|im_start|>assistant\n"


def test_a_message_is_a_stretch_of_its_own() -> None:
    stretches = ChatTemplate(CHATML, bos="", eos="").render(HELLO)

    assert [stretch.turn for stretch in stretches] == [None, HELLO[0], None]


def test_the_template_gets_the_models_own_marks() -> None:
    assert rendered("{{ bos_token }}{{ messages[0].content }}{{ eos_token }}", HELLO) == "<s>您</s>"


def test_a_template_that_can_leave_out_thoughts_does() -> None:
    assert rendered(THOUGHTFUL, HELLO) == (
        "<|im_start|>user\n您<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
    )


def test_what_only_a_reply_to_come_has_before_it_is_found() -> None:
    assert ChatTemplate(THOUGHTFUL, bos="", eos="").before_new_reply == "<think>\n\n</think>\n\n"


@pytest.mark.parametrize(
    "source",
    [
        CHATML,
        "{% for message in messages %}[{{ message.content }}]{% endfor %}",
        "{{ messages[-1].content }}",
        "{{ raise_exception('no') }}",
        "",
    ],
    ids=["the same header", "none", "the last message alone", "refuses", "nothing"],
)
def test_where_history_keeps_a_replys_header_nothing_is_added(source: str) -> None:
    assert ChatTemplate(source, bos="", eos="").before_new_reply == ""


TOLD = (Turn(Role.SYSTEM, "{{ told }}"), Turn(Role.USER, "您"), Turn(Role.ASSISTANT, "嗯"))


@pytest.mark.parametrize(
    "refusal",
    [
        "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}",
        "{% set messages = messages | rejectattr('role', 'equalto', 'system') | list %}",
    ],
    ids=["refuses", "leaves out"],
)
def test_a_template_without_a_system_gets_its_text_in_the_first_message(refusal: str) -> None:
    template = ChatTemplate(refusal + CHATML, bos="", eos="")

    stretches = template.render(TOLD)
    assert [each.turn for each in stretches if each.turn] == list(TOLD)
    assert "".join(each.text for each in stretches) == (
        "<|im_start|>user\n{{ told }}\n\n您<|im_end|>\n"
        "<|im_start|>assistant\n嗯<|im_end|>\n<|im_start|>assistant\n"
    )
    assert [each.turn for each in template.render(TOLD[:1])] == [None, TOLD[0], None]


def test_a_template_with_a_system_keeps_its_text_apart() -> None:
    assert rendered(CHATML, TOLD[:2]).startswith("<|im_start|>system\n{{ told }}<|im_end|>\n")


def test_jinja_in_a_message_stays_text() -> None:
    turns = (Turn(Role.USER, "{{ bos_token }}"),)

    assert rendered("{{ messages[0].content }}", turns) == "{{ bos_token }}"


@pytest.mark.parametrize(
    "source",
    [
        "{{ raise_exception('roles must alternate') }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ messages.append(messages[0]) }}",
        "{{ messages[7].content }}",
        "{{ 1 / 0 }}",
    ],
    ids=["refuses", "reaches out", "changes its input", "index", "arithmetic"],
)
def test_a_template_that_fails_or_misbehaves_is_one_sentence(source: str) -> None:
    template = ChatTemplate(source, bos="", eos="")

    with pytest.raises(EngineError, match="模板"):
        template.render(HELLO)


def test_a_template_that_does_not_compile_is_one_sentence() -> None:
    with pytest.raises(EngineError, match="模板"):
        ChatTemplate("{% for %}", bos="", eos="")


def test_marks_of_what_a_model_said_leave_no_trace() -> None:
    """`{% generation %}`, which transformers knows for training, in files others converted."""
    marked = CHATML.replace(
        "{{ message.content }}", "{% generation %}{{ message.content }}{% endgeneration %}"
    )
    assert rendered(marked, HELLO) == rendered(CHATML, HELLO)
