"""Death on either side of the pipe: nothing is lost, nothing is left over."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.engine.process import ChildEngine
from desktop_app.engine.protocol import Finished, Piece, Request
from desktop_app.engine.sampling import GREEDY
from desktop_app.errors import EngineError
from tests.support.processes import wait_for_end

ASK = Request((Turn(Role.USER, "您"),), GREEDY, 4000)
ASK_BRIEFLY = Request(ASK.turns, GREEDY, 3)

PARENT = """
import sys
from pathlib import Path
from desktop_app.dialogue import Role, Turn
from desktop_app.engine.process import ChildEngine, Settings
from desktop_app.engine.protocol import Request
from desktop_app.engine.sampling import GREEDY
engine = ChildEngine(Settings(Path(sys.argv[1]), Path(sys.argv[2])))
events = engine.reply(Request((Turn(Role.USER, "您"),), GREEDY, 4000))
next(events)
print(engine.start().pid, flush=True)
for event in events:
    pass
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_a_child_killed_mid_reply_is_one_sentence_and_the_next_reply_works(
    endless: ChildEngine, how: signal.Signals
) -> None:
    events = endless.reply(ASK)
    assert next(events) == Piece("你")
    first = endless.start().pid
    os.kill(first, how)

    with pytest.raises(EngineError) as raised:
        list(events)
    assert raised.value.values == {"cause": how.name}
    assert "\n" not in raised.value.sentence("zh") + raised.value.sentence("en")

    *_, finished = endless.reply(ASK_BRIEFLY)
    assert isinstance(finished, Finished)
    assert finished.text == "你"
    assert endless.start().pid != first


def test_a_child_killed_between_replies_is_replaced_without_a_word(endless: ChildEngine) -> None:
    list(endless.reply(ASK_BRIEFLY))
    pid = endless.start().pid
    handle = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)
    wait_for_end(handle)

    *_, finished = endless.reply(ASK_BRIEFLY)

    assert isinstance(finished, Finished)
    assert finished.text == "你"


def test_a_child_ends_when_its_parent_is_killed(endless_model: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(endless_model), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        handle = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()

    wait_for_end(handle)


def test_a_child_ends_in_mid_reply_when_its_stdin_does(endless: ChildEngine) -> None:
    events = endless.reply(ASK)
    next(events)
    handle = os.pidfd_open(endless.start().pid)
    child = endless._child
    assert child is not None
    assert child._process.stdin is not None
    child._process.stdin.close()

    wait_for_end(handle)
    with pytest.raises(EngineError) as raised:
        list(events)
    assert raised.value.values == {"cause": "status 0"}


def test_a_crash_writes_no_core_file(engine: ChildEngine) -> None:
    limits = Path(f"/proc/{engine.start().pid}/limits").read_text(encoding="ascii")

    core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]
