from __future__ import annotations

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.engine.template import ChatTemplate
from desktop_app.errors import EngineError
from tests.support.engine_tiny import CHATML

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
