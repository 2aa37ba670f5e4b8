"""The program killed, or told to stop, at a bad moment: what was said is there."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from desktop_app.paths import app_paths
from tests.support.processes import family
from tests.support.talk_run import talking, turns
from tests.support.write_ahead_log import wait_for_commits

pytestmark = pytest.mark.usefixtures("passphrase")

MESSAGE_AND_PART_OF_A_REPLY = 3
"""Transactions: the message, a reply that is begun, its first characters."""


def hold_engine(program: int) -> None:
    _, engine = family(program)
    os.kill(engine, signal.SIGSTOP)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_message_and_written_part_of_the_reply_are_there_marked_interrupted(
    how: signal.Signals, endless: Path
) -> None:
    with talking("--model", endless) as talk:
        talk.say("您")
        talk.hear("你你")
        hold_engine(talk.process.pid)  # the reply stays in the middle, however busy the machine is
        wait_for_commits(app_paths().vault, MESSAGE_AND_PART_OF_A_REPLY, talk.process)
        talk.process.send_signal(how)
        _, err = talk.end()

    message, (speaker, reply, state) = turns()
    assert message == ("user", "您", "complete")
    assert (speaker, state) == ("assistant", "interrupted")
    assert reply == "你" * max(1, len(reply))
    assert "Traceback" not in err


def test_a_reader_that_leaves_in_mid_reply_costs_nothing(endless: Path) -> None:
    with talking("--model", endless) as talk:
        assert talk.process.stdout is not None
        talk.say("您")
        talk.hear("你你")
        talk.process.stdout.close()
        talk.process.stdout = None
        _, err = talk.process.communicate(timeout=60)

    assert talk.process.returncode == 0
    assert "Traceback" not in err.decode()
    message, (_, reply, state) = turns()
    assert message[1] == "您"
    assert (reply[:2], state) == ("你你", "interrupted")
