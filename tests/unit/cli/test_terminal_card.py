"""The crisis card in a terminal: as the person set it, with whom they trust where that is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.care.guard.message import judge_message
from desktop_app.care.kept_plan import KeptPlan
from desktop_app.care.safety_plan import Contact, SafetyPlan
from desktop_app.commands.terminal_card import TerminalCard, card_text
from desktop_app.paths import app_paths
from desktop_app.settings import AgeBand, OwnNumber, Settings, write
from desktop_app.vault.vault import Vault, open_with_passphrase
from resources.messages import sentence
from tests.support.engine_run import soulchat
from tests.support.vault_fixtures import PASSPHRASE, vault

__all__ = ["vault"]

LIN = Contact("住在楼下的小林", "138 0000 1234")
PLAN = SafetyPlan(people=(LIN,), message="来陪我")
MINE = OwnNumber("CN", "学校心理老师", "021-6289 0000", "工作日白天")


def test_it_shows_corrected_numbers_to_whoever_opens_nothing() -> None:
    correction = OwnNumber("CN", "", "12356-1", None, "12356")
    write(app_paths().settings, Settings(region="CN", numbers=(MINE, correction)))

    shown = soulchat("care", "card").stdout.decode()

    assert "12356-1" in shown
    assert "021-6289 0000　学校心理老师" in shown


def test_for_the_young_their_line_stands_second() -> None:
    settings = Settings(region="AU", age=AgeBand.YOUTH)

    lines = [line for line in card_text(settings).splitlines() if line.startswith("  ")]

    assert "1800 55 1800" in lines[2]


def test_whoever_says_that_they_are_fifteen_and_in_danger_has_it_there_too(tmp_path: Path) -> None:
    card = TerminalCard(Settings(region="AU", age=AgeBand.ADULT), tmp_path / "none")

    card.heed(judge_message("我15岁，爸爸每天打我"))

    lines = [line for line in card.text().splitlines() if line.startswith("  ")]
    assert "1800 55 1800" in lines[2]


def test_what_a_terminal_would_obey_is_not_sent_to_it() -> None:
    sly = OwnNumber("CN", "\x1b[2J", "123")

    assert "\x1b" not in card_text(Settings(region="CN", numbers=(sly,)))


def test_while_open_it_shows_whom_the_person_trusts_and_the_words(vault: Vault) -> None:
    KeptPlan(vault.files.readable_plan, vault.documents).write(PLAN)
    card = TerminalCard(Settings(region="CN"), vault.files.readable_plan)
    assert LIN.line() not in card.text()

    card.documents = vault.documents

    assert LIN.line() in card.text()
    assert "来陪我" in card.text()
    assert card.text().startswith(sentence("card.title"))


def test_while_locked_only_where_the_plan_may_be_read_then(vault: Vault) -> None:
    plan = KeptPlan(vault.files.readable_plan, vault.documents)
    plan.write(PLAN)
    plan.keep_readable(chosen=True)

    assert LIN.line() in TerminalCard(Settings(), vault.files.readable_plan).text()


def test_a_plan_that_cannot_be_read_costs_nobody_the_card(vault: Vault) -> None:
    vault.files.readable_plan.write_bytes(b"{")

    assert "12356" in TerminalCard(Settings(region="CN"), vault.files.readable_plan).text()


@pytest.mark.usefixtures("passphrase")
def test_the_command_in_a_talk_shows_them(model: Path, closed: Path) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as opened:
        KeptPlan(opened.files.readable_plan, opened.documents).write(PLAN)

    done = soulchat("--text", "--model", model, "--data-dir", closed.parent, stdin="/card\n")

    assert LIN.line() in done.stdout.decode()
    assert LIN.name not in soulchat("care", "card", "--data-dir", closed.parent).stdout.decode()
