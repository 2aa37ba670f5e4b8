"""The chat template a model was trained with; it travels inside the GGUF.

Templates lost or changed on the way are the commonest complaint about converted models, so the
adapter's own wins over its base's. Some families ship none: they are supplied with the form
their own code builds; any other model without one is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import jinja2

from convert.errors import BaseModelError, VocabularyError
from convert.json_file import read_optional_object
from convert.vocab import Vocabulary
from resources.chat_templates import chat_environment
from resources.system_errors import reason_of

_STRING: Final = r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'"""
_PARTS: Final = re.compile(
    r"\{#.*?#\}"
    r"|\{%[-+]?\s*raw\s*[-+]?%\}.*?\{%[-+]?\s*endraw\s*[-+]?%\}"
    r"|(?P<opened>\{%[-+]?\s*)(?P<tag>(?:end)?generation)(?P<closed>\s*[-+]?%\})"
    rf"|\{{%(?:{_STRING}|[^\"'])*?%\}}"
    rf"|\{{\{{(?:{_STRING}|[^\"'])*?\}}\}}",
    re.DOTALL,
)
"""Comments, raw text, the two tags of a generation, other tags and expressions of Jinja."""


def read_chat_template(base: Path, adapter: Path | None, supplied: str | None) -> str:
    """Return the template of the adapter folder, else of the base, else the one supplied.

    Raises:
        VocabularyError: neither folder has one, or it is no valid Jinja.
    """
    for folder in (adapter, base):
        if folder is not None and (template := _template_in(folder)):
            try:
                chat_environment().from_string(template)
            except jinja2.TemplateSyntaxError as error:
                raise VocabularyError("template_damaged", path=folder, line=error.lineno) from error
            except (RecursionError, SyntaxError) as error:  # nested deeper than Python compiles
                raise VocabularyError("template_refuses", reason=type(error).__name__) from error
            return _plain(template)
    if supplied is None:
        raise VocabularyError("template_missing", path=base)
    return supplied


def _plain(template: str) -> str:
    """Return a template without `{% generation %}`, which some renderers refuse.

    Each of the two tags becomes one of a plain block, so that every renderer drops the same white
    space around it.
    """

    def block(found: re.Match[str]) -> str:
        tag = {"generation": "if true", "endgeneration": "endif", None: None}[found["tag"]]
        return found[0] if tag is None else f"{found['opened']}{tag}{found['closed']}"

    return _PARTS.sub(block, template)


def _template_in(folder: Path) -> str | None:
    file = folder / "chat_template.jinja"
    try:
        if file.exists():
            return file.read_text(encoding="utf-8")
    except OSError as error:
        raise BaseModelError("file_unreadable", path=file, reason=reason_of(error)) from error
    except UnicodeDecodeError as error:
        raise BaseModelError("file_unreadable", path=file, reason=error.encoding) from error
    settings = folder / "tokenizer_config.json"
    written: Any = read_optional_object(settings).get("chat_template")
    if isinstance(written, list) and not all(isinstance(one, dict) for one in written):
        raise VocabularyError("config_field", path=settings, field="chat_template")
    if isinstance(written, list):  # several named templates; `default` is the conversation
        written = next((one.get("template") for one in written if one.get("name") == "default"), "")
    return written if isinstance(written, str) else None


def render(
    template: str,
    messages: Sequence[Mapping[str, str]],
    vocabulary: Vocabulary,
    **asked: bool,
) -> str:
    """Return a dialogue in the model's own form, the reply's header included.

    `asked`: variables of some templates, such as Qwen3's `enable_thinking`.

    Raises:
        VocabularyError: the template refuses or breaks on a plain dialogue.
    """
    try:
        return (
            chat_environment()
            .from_string(template)
            .render(
                messages=messages,
                add_generation_prompt=True,
                bos_token=_token(vocabulary, vocabulary.begin_id),
                eos_token=_token(vocabulary, next(iter(vocabulary.end_ids), None)),
                **asked,
            )
        )
    except Exception as error:  # somebody else's program: dividing, recursing, counting too far
        raise VocabularyError("template_refuses", reason=type(error).__name__) from error


def _token(vocabulary: Vocabulary, id_: int | None) -> str:
    return "" if id_ is None else vocabulary.tokens[id_]
