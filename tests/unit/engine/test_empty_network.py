"""The engine's child is in a network namespace of its own, whoever starts it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from desktop_app.engine.process import ChildEngine
from tests.support.source_tree import ROOT

LOOK = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
from desktop_app.engine import empty_network
if sys.argv[2] == "person" and os.getuid() == 0:
    os.setgroups([])
    os.setresuid(65534, 65534, 65534)
if sys.argv[2] == "refused":
    empty_network.CLONE_NEWNET = empty_network.CLONE_NEWUSER = -1
before = os.readlink("/proc/self/ns/net")
left = empty_network.leave_networks()
status = open("/proc/self/status").read().split()
print(json.dumps({
    "left": left,
    "elsewhere": os.readlink("/proc/self/ns/net") != before,
    "interfaces": [line.split(":")[0].strip() for line in open("/proc/net/dev")][2:],
    "capabilities": status[status.index("CapEff:") + 1],
}))
"""


def look(who: str) -> dict[str, object]:
    run = subprocess.run(
        [sys.executable, "-I", "-c", LOOK, str(ROOT), who], capture_output=True, check=True
    )
    found: dict[str, object] = json.loads(run.stdout)
    return found


def test_an_ordinary_person_gets_one_and_no_right_over_it() -> None:
    found = look("person")

    assert (found["left"], found["elsewhere"], found["interfaces"]) == (True, True, ["lo"])
    assert int(str(found["capabilities"]), 16) == 0


def test_whoever_runs_this_gets_one() -> None:
    found = look("oneself")

    assert (found["left"], found["elsewhere"], found["interfaces"]) == (True, True, ["lo"])


def test_where_it_is_not_granted_nothing_changes_and_nothing_is_said() -> None:
    found = look("refused")

    assert (found["left"], found["elsewhere"]) == (False, False)


def test_every_thread_of_a_child_that_loaded_a_model_is_in_it(engine: ChildEngine) -> None:
    tasks = list(Path(f"/proc/{engine.start().pid}/task").iterdir())
    spaces = {str((task / "ns/net").readlink()) for task in tasks}

    assert len(tasks) > 1
    assert len(spaces) == 1
    assert spaces != {str(Path("/proc/self/ns/net").readlink())}
