"""Templates are rendered as transformers does, whose tags and functions they may use."""

from __future__ import annotations

from datetime import UTC, datetime

import jinja2
import pytest

from resources import chat_templates
from resources.chat_templates import chat_environment


def rendered(template: str) -> str:
    return chat_environment().from_string(template).render(said="x")


def test_what_a_model_said_is_marked_without_a_trace() -> None:
    assert rendered("a{% generation %}{{ said }}{% endgeneration %}b") == "axb"


def test_what_is_set_inside_a_mark_is_not_seen_behind_it() -> None:
    inside = "{% generation %}{% set said = 'y' %}{{ said }}{% endgeneration %}"
    assert rendered(inside + "{{ said }}") == "yx"


def test_a_mark_that_does_not_end_is_a_syntax_error() -> None:
    with pytest.raises(jinja2.TemplateSyntaxError):
        rendered("{% generation %}")


def test_a_template_can_ask_for_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # noqa: ARG003 - as datetime's own
            return datetime(2026, 2, 3, 12, tzinfo=UTC)

    monkeypatch.setattr(chat_templates, "datetime", Clock)
    assert rendered("{{ strftime_now('%d %B %Y') }}").endswith("February 2026")


def test_a_template_can_refuse() -> None:
    with pytest.raises(jinja2.TemplateError, match="no"):
        rendered("{{ raise_exception('no') }}")
