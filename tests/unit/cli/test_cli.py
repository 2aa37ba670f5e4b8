"""The command line around the commands: status, language, display, secrets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from desktop_app.commands.display import has_display
from desktop_app.paths import app_paths
from desktop_app.settings import Settings, write
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.vault import open_with_passphrase
from resources.messages import sentence
from tests.support.engine_run import CLI, asking, soulchat
from tests.support.training_stack import without_training_stack
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.vault_keyring import lock_default_collection


def test_without_a_display_it_offers_the_terminal() -> None:
    done = soulchat(DISPLAY="", WAYLAND_DISPLAY="", QT_QPA_PLATFORM="")

    assert done.returncode == 1
    assert "soulchat --text" in done.stderr.decode()


@pytest.mark.parametrize("platform", ["", "xcb", "wayland;xcb"])
@pytest.mark.parametrize(
    "named",
    [{"DISPLAY": ":4711"}, {"DISPLAY": "unix:4711.0"}, {"WAYLAND_DISPLAY": "wayland-4711"}],
    ids=str,
)
def test_a_display_nobody_is_behind_is_none(named: dict[str, str], platform: str) -> None:
    nothing = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": platform}
    done = soulchat(**nothing | named)

    assert done.returncode == 1
    assert done.stderr.decode() == sentence("error.input.no_display") + "\n"


def test_a_display_on_another_machine_is_left_to_qt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it answers could only be seen over an internet socket."""
    for name, value in {"DISPLAY": "far:1", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": ""}.items():
        monkeypatch.setenv(name, value)

    assert has_display()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--nonsense"],
        ["reply"],
        ["reply", "--json", "--max-tokens", "0"],
        ["reply", "--json", "--seed", "4294967295"],  # llama.cpp's "draw one"
        ["care"],
        ["--lang"],
    ],
    ids=str,
)
def test_wrong_usage_is_status_2(arguments: list[str]) -> None:
    assert soulchat(*arguments).returncode == 2


def test_help_speaks_the_language_that_was_asked_for() -> None:
    assert "显示这段说明" in soulchat("--help").stdout.decode()
    assert "show this help" in soulchat("--lang", "en", "--help").stdout.decode()


def test_the_language_that_was_set_goes_before_the_locale(tmp_path: Path) -> None:
    write(app_paths().settings, Settings(language="en"))
    elsewhere = tmp_path / "elsewhere"

    assert "show this help" in soulchat("--help").stdout.decode()
    assert "显示这段说明" in soulchat("--lang", "zh", "--help").stdout.decode()
    assert "显示这段说明" in soulchat("--help", "--data-dir", elsewhere).stdout.decode()
    write(app_paths(elsewhere).settings, Settings(language="en"))
    assert "show this help" in soulchat(f"--data-dir={elsewhere}", "--help").stdout.decode()


def test_an_option_without_its_value_is_wrong_usage_whatever_was_set() -> None:
    write(app_paths().settings, Settings(language="en"))

    assert soulchat("--data-dir").returncode == 2


def test_the_version_is_the_packages() -> None:
    assert soulchat("--version").stdout.decode().strip() == metadata.version("soulchat-desktop")


def test_the_card_needs_no_model_and_takes_a_region() -> None:
    done = soulchat("care", "card", "--region", "US", "--lang", "en")

    assert done.returncode == 0
    assert "988" in done.stdout.decode()


def test_the_exercises_are_listed_and_one_is_shown_by_its_id() -> None:
    listed = soulchat("care", "exercises").stdout.decode()
    shown = soulchat("care", "exercises", "grounding", "--lang", "en")

    assert all(name in listed for name in ("breathing", "grounding", "muscles"))
    assert "1. Look around" in shown.stdout.decode()


def test_an_unknown_exercise_is_one_sentence() -> None:
    done = soulchat("care", "exercises", "nothing")

    assert done.returncode == 1
    assert done.stdout == b""
    assert "breathing" in done.stderr.decode()


def test_the_card_is_of_the_region_that_was_set() -> None:
    write(app_paths().settings, Settings(region="US"))

    assert "988" in soulchat("care", "card").stdout.decode()
    assert "12356" in soulchat("care", "card", "--region", "CN").stdout.decode()


def test_a_region_that_is_not_known_any_more_costs_nobody_the_card() -> None:
    write(app_paths().settings, Settings(region="XX"))

    assert "12356" in soulchat("care", "card").stdout.decode()


def test_settings_that_are_damaged_are_told_once_and_cost_nobody_the_card() -> None:
    path = app_paths().settings
    path.parent.mkdir(parents=True)
    path.write_bytes(b"{")

    first, second = soulchat("care", "card"), soulchat("care", "card")

    assert "12356" in first.stdout.decode()
    assert first.stderr.decode().count("\n") == 1
    assert "设置文件" in first.stderr.decode()
    assert second.stderr == b""


def test_the_doctor_tells_what_opens_the_history_without_opening_it(closed: Path) -> None:
    with open_with_passphrase(closed, PASSPHRASE):
        done = soulchat(
            *("doctor", "--json", "--model", "/no/such.gguf", "--data-dir", closed.parent),
            DBUS_SESSION_BUS_ADDRESS=f"unix:path={closed}/nobody",
        )

    facts = json.loads(done.stdout)
    assert facts["vault"] == {"slots": ["passphrase"]}
    assert facts["keyring"] == {"backend": "SecretService", "reachable": False}
    assert {"apsw-sqlite3mc", "cryptography", "keyring"} < facts["versions"].keys()


def test_the_doctor_reaches_the_keyring_without_asking_it_for_anything(
    secret_service: Keychain,
) -> None:
    lock_default_collection()

    facts = json.loads(soulchat("doctor", "--json", "--model", "/no/such.gguf").stdout)

    assert facts["keyring"] == {"backend": secret_service.name, "reachable": True}
    assert facts["vault"] == {"slots": []}


def test_the_doctor_sees_what_is_wrong_with_the_history(closed: Path) -> None:
    (closed / "vault.json").write_bytes(b"{}")

    done = soulchat("doctor", "--json", "--model", "/no/such.gguf", "--data-dir", closed.parent)

    assert done.returncode == 0
    assert json.loads(done.stdout)["vault"] == {"error": "vault.envelope_damaged"}


def test_a_model_whose_name_is_no_utf8_is_told_to_programs_all_the_same(
    tiny_model: Path, tmp_path: Path
) -> None:
    named = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.gguf"))
    named.write_bytes(tiny_model.read_bytes())
    done = soulchat("doctor", "--json", "--model", named)

    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout.decode("utf-8"))["model"]["path"] == str(named)


def test_the_doctor_names_versions_processor_engine_and_paths(tiny_model: Path) -> None:
    done = soulchat("doctor", "--json", "--model", tiny_model)

    facts = json.loads(done.stdout)
    assert facts["versions"]["llama-cpp-python"] == metadata.version("llama-cpp-python")
    assert facts["processor"]["physical_cores"] >= 1
    assert "CPU" in facts["engine"]["features"]
    assert facts["paths"]["data"]


def test_the_doctor_sees_what_is_wrong_with_a_model_and_tells_of_the_engine_all_the_same() -> None:
    done = soulchat("doctor", "--json", "--model", "/no/such.gguf")

    assert done.returncode == 0
    facts = json.loads(done.stdout)
    assert facts["model"] == {"error": "model.missing"}
    assert "CPU" in facts["engine"]["features"]
    assert facts["engine"]["internet_refused"]


def test_a_reader_that_leaves_is_no_error() -> None:
    with subprocess.Popen(
        [*CLI, "care", "card"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        complaint = process.stderr.read()

    assert (process.returncode, complaint) == (0, b"")


def test_a_terminal_without_chinese_shows_question_marks() -> None:
    done = soulchat("care", "card", PYTHONIOENCODING="ascii", LANG="C.UTF-8")

    assert done.returncode == 0
    assert b"12356" in done.stdout


def test_it_starts_where_the_training_stack_cannot_be_imported(
    tiny_model: Path, tmp_path: Path
) -> None:
    bare = without_training_stack(tmp_path)

    reply = soulchat(
        *("reply", "--json", "--greedy", "--model", tiny_model),
        stdin=asking("您"),
        PYTHONPATH=bare.pythonpath,
    )
    talk = soulchat(
        *("--text", "--model", tiny_model),
        stdin="您\n",
        PYTHONPATH=bare.pythonpath,
        SOULCHAT_PASSPHRASE=PASSPHRASE,
    )

    assert json.loads(reply.stdout)["reply"] == "你"
    assert talk.returncode == 0
    assert bare.tried() == set()


def test_the_poison_is_noticed(tmp_path: Path) -> None:
    bare = without_training_stack(tmp_path)
    environment = {**os.environ, "PYTHONPATH": bare.pythonpath}

    command = [sys.executable, "-c", "import torch"]
    subprocess.run(command, env=environment, stderr=subprocess.DEVNULL, check=False)

    assert bare.tried() == {"torch"}
