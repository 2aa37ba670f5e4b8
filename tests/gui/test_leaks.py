"""Nothing of a conversation can be read outside it: the real program, every byte it leaves.

One story is told once: a person answers the first steps, talks, names the conversation, talks
off the record, leaves a draft, and the program is killed; it is started again, unlocked, and
closed. What lies on the disk
is looked at while it is open, after the kill and at the end; what the system shows of its
processes while it is open.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, TurnState
from desktop_app.paths import APP
from desktop_app.vault.envelope_file import read_envelope
from desktop_app.vault.vault import open_with_passphrase
from tests.support.processes import SHOWN_TO_ROOT, Process, family, look_into, wait_for_end
from tests.support.vault_disk import forms, traces
from tests.support.window_process import driven_window

pytestmark = pytest.mark.gui

MESSAGE = "我最近总是睡不着，半夜里数天花板上的裂缝。"
TITLE = "天花板上的裂缝与长夜"
DRAFT = "还有一句没有说完的悄悄话"
OFF_THE_RECORD = "这一件事我不想让任何人知道，哪怕是以后的自己。"
PASSPHRASE = "银杏落满了北边的院子"
FOLDERS = {
    "HOME": "home",
    "TMPDIR": "temp",
    "XDG_CACHE_HOME": "home/.cache",
    "XDG_CONFIG_HOME": "home/.config",
    "XDG_DATA_HOME": "home/.local/share",
    "XDG_RUNTIME_DIR": "run",
    "XDG_STATE_HOME": "home/.local/state",
}
PASSED_ON = ("DISPLAY", "LANG", "LD_LIBRARY_PATH", "PATH", "QT_QPA_PLATFORM", "XAUTHORITY")
SLICE = 8
"""Characters. A longer text is searched for in pieces: any of them would be a leak."""


@dataclass(slots=True)
class Story:
    """What was said, and what could be seen at each moment."""

    base: Path
    """All folders the program may write to."""
    secrets: dict[str, str] = field(default_factory=dict)
    found: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    """By moment: what was found, in which file, in which form."""
    written: dict[str, int] = field(default_factory=dict)
    """By moment: bytes that were looked at."""
    pids: list[int] = field(default_factory=list)
    """The window's process and its children, while open."""
    processes: list[Process] = field(default_factory=list)
    """What root could see of them."""
    reopened: list[list[str]] = field(default_factory=list)
    status: int | None = None

    @property
    def vault(self) -> Path:
        return self.base / FOLDERS["XDG_DATA_HOME"] / APP / "vault"

    def look(self, moment: str) -> None:
        self.found[moment] = [
            (secret, *trace)
            for secret, text in self.secrets.items()
            for piece in pieces(text)
            for trace in traces(self.base, piece)
        ]
        files = (path for path in self.base.rglob("*") if path.is_file())
        self.written[moment] = sum(path.stat().st_size for path in files)


def pieces(text: str) -> list[str]:
    """Cut a text into pieces of SLICE characters, the last one of the text's end."""
    starts = range(0, max(1, len(text) - SLICE + 1), SLICE)
    return [*(text[start : start + SLICE] for start in starts), text[-SLICE:]]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    story = Story(tmp_path_factory.mktemp("story"))
    env = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    for name, folder in FOLDERS.items():
        (story.base / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        env[name] = str(story.base / folder)

    with driven_window(env=env, output=story.base / "said-1") as window:
        window.do("pass_gate", passphrase=PASSPHRASE)
        assert window.do("write", text=MESSAGE)["acknowledged"]
        reply = window.do("wait_for_end")["reply"]
        assert len(reply) > SLICE
        window.do("rename", title=TITLE)
        assert not window.do("off_the_record")["kept"]
        assert window.do("write", text=OFF_THE_RECORD)["acknowledged"]
        unkept = window.do("wait_for_end")["reply"]
        window.do("draft", text=DRAFT)
        story.secrets = {
            "message": MESSAGE,
            "reply": reply,
            "off the record": OFF_THE_RECORD,
            "reply off the record": unkept,
            "title": TITLE,
            "draft": DRAFT,
            "passphrase": PASSPHRASE,
        }
        story.look("open")
        story.pids = family(window.process.pid)
        if os.geteuid() == 0:
            story.processes = [look_into(pid) for pid in story.pids]
        handles = [os.pidfd_open(pid) for pid in story.pids]
        window.kill()
        for handle in handles:
            wait_for_end(handle)
    story.look("killed")

    with driven_window(env=env, output=story.base / "said-2") as window:
        window.do("pass_gate", passphrase=PASSPHRASE)
        story.reopened = window.do("look")["messages"]
        story.status = window.quit()
    story.look("closed")
    return story


MOMENTS = pytest.mark.parametrize("moment", ["open", "killed", "closed"])


@MOMENTS
def test_nothing_of_it_lies_in_any_folder(story: Story, moment: str) -> None:
    assert story.found[moment] == []


@MOMENTS
def test_there_was_something_to_look_at(story: Story, moment: str) -> None:
    """The history, the settings, and what the program said."""
    assert story.written[moment] > 10_000
    assert (story.base / "said-1").exists()


@pytest.mark.parametrize("form", forms(MESSAGE))
def test_each_piece_would_be_found_in_each_form(tmp_path: Path, form: str) -> None:
    for piece in pieces(MESSAGE):
        (tmp_path / "planted").write_bytes(b"before" + forms(MESSAGE)[form] + b"after")

        assert [name for name, _ in traces(tmp_path, piece)] == ["planted"]


def test_it_is_there_after_the_kill(story: Story) -> None:
    assert story.reopened == [
        [Role.USER, MESSAGE, TurnState.COMPLETE],
        [Role.ASSISTANT, story.secrets["reply"], TurnState.COMPLETE],
    ]
    assert story.status == 0


def test_what_was_said_off_the_record_is_nowhere(story: Story) -> None:
    with open_with_passphrase(story.vault, PASSPHRASE) as vault:
        (only,), trashed = vault.sessions.kept(), vault.sessions.trashed()
        kept = [stored.turn.content for stored in vault.sessions.turns(only.id)]

    assert kept == [MESSAGE, story.secrets["reply"]]
    assert only.title == TITLE
    assert trashed == ()


@pytest.mark.parametrize("run", ["said-1", "said-2"])
def test_the_program_printed_nothing(story: Story, run: str) -> None:
    assert (story.base / run).read_bytes() == b""


@SHOWN_TO_ROOT
def test_arguments_and_environment_show_nothing(story: Story) -> None:
    assert len(story.processes) == 2  # the window's and the engine's
    for process in story.processes:
        for text in story.secrets.values():
            for form in forms(text).values():
                assert form not in process.arguments + process.environment


@SHOWN_TO_ROOT
def test_the_engines_child_is_given_neither_key_nor_vault(story: Story) -> None:
    envelope = read_envelope(story.vault / "vault.json")
    key = envelope.open_with_passphrase(PASSPHRASE)
    keys = (key, key.hex().encode(), base64.b64encode(key))
    window, child = story.processes

    assert b"desktop_app.engine.worker" in child.arguments
    assert any(handle.startswith(str(story.vault)) for handle in window.handles)
    assert not any(handle.startswith(str(story.base / "home")) for handle in child.handles)
    assert not any(handle.startswith("socket:") for handle in child.handles)
    for secret in (*keys, bytes(story.vault)):
        assert secret not in child.arguments + child.environment


def test_the_folders_are_for_their_owner_alone(story: Story) -> None:
    modes = {path.stat().st_mode & 0o077 for path in story.vault.parent.rglob("*")}

    assert modes == {0}


@SHOWN_TO_ROOT
def test_a_crash_writes_no_core_file(story: Story) -> None:
    assert [process.core_bytes for process in story.processes] == [0, 0]
