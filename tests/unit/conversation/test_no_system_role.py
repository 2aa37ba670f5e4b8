"""A model whose template knows no system goes on when its context is full: a real, tiny one."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.conversation.counsellor import Counsellor
from desktop_app.conversation.reply import Reply
from desktop_app.dialogue import Role, Session
from desktop_app.engine.sampling import GREEDY
from resources.prompting import introduced
from tests.support.engine_here import EngineHere
from tests.support.engine_tiny import CHATML, write_tiny_model

GEMMA = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}"
    "{% endif %}" + CHATML
)
MISTRAL = (
    "{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}"
    "{% endif %}{% endfor %}" + CHATML
)
SAID = "我妈妈病了，最近睡不好，真的很累。"
N_CTX = 2048


@pytest.mark.parametrize("template", [GEMMA, MISTRAL], ids=["refused", "must alternate"])
@pytest.mark.parametrize("system", [None, "你在听。"], ids=["no text", "a text"])
def test_a_long_talk_goes_on_with_the_summary_before_its_first_message(
    tmp_path: Path, template: str, system: str | None
) -> None:
    engine = EngineHere(write_tiny_model(tmp_path, template=template, says="嗯"), N_CTX)
    counsellor = Counsellor(engine, system=system, sampling=GREEDY)

    session = Session()
    for turn in range(40):
        *_, reply = counsellor.answer(session, f"{turn}{SAID}", max_tokens=8)
        assert isinstance(reply, Reply)
        assert len(reply.session.turns) == 2 * turn + 2
        session = reply.session
        if turn > 25:  # before that, turns go when a message is sent
            session = counsellor.make_room(session, "", lambda: True)
            counsellor.read_ahead(session, "", lambda: True)

    assert session.unseen > 20
    assert session.summary.text
    told, first = session.visible()[:2]
    assert (told.role, first.role) == (Role.SYSTEM, Role.USER)
    assert introduced(session.summary.text) in told.content
    vocabulary = engine.context.llama.vocabulary
    ids = engine.transcript.tokens(session.visible()[:2])
    spelled = b"".join(map(vocabulary.piece, ids)).decode()
    assert spelled == f"user\n{told.content}\n\n{first.content}\nassistant\n"
