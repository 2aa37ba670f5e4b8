"""A byte of each kind of page flipped: what opens, what is read, what can be said and saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.backup_file import write_backup
from desktop_app.vault.envelope import Envelope
from desktop_app.vault.errors import DamagedHistoryError, RescuedHistoryError
from desktop_app.vault.restore import opened_backup
from desktop_app.vault.vault import Vault, open_rescued
from desktop_app.vault.verify import verify
from tests.support.damaged_vault import (
    PLAN,
    SAID,
    SESSIONS,
    TITLE,
    copied,
    filled,
    flip_a_byte,
    message,
    opened,
    pages_by_kind,
    read_in,
)
from tests.support.vault_disk import traces
from tests.support.vault_fixtures import PASSPHRASE

WORDS = "焦虑 word"
"""In each of the messages."""
ALL = {number: message(number) for number in range(SAID)}


@dataclass(frozen=True)
class Expected:
    """What is so while one page of a kind is damaged."""

    most_lost: int = 0
    """So many messages at most cannot be read before the rescue."""
    noticed: bool = True
    """It is said when the history opens; where it is False, when somebody comes across it."""
    goes_on: bool = True
    """Something can be said in a conversation that is there."""
    begins: bool = True
    """A new conversation can be begun."""
    found: bool = True
    """Search knows all the others."""
    lost_for_good: bool = False
    """Messages that cannot be read are lost, and a placeholder stands for each."""
    title: bool = True
    """The title is there after the rescue."""
    plan: bool = True
    """And the safety plan."""
    setting: bool = True
    """And how long the trash is kept."""

    def losses(self) -> set[str]:
        """Return what a person is told of after the rescue."""
        kept = {
            "turns": not self.lost_for_good,
            "titles": self.title,
            "plan": self.plan,
            "setting": self.setting,
        }
        return {what for what, is_kept in kept.items() if not is_kept}


STUCK = Expected(goes_on=False, begins=False)
MESSAGES = Expected(most_lost=25, noticed=False, lost_for_good=True)
QUIET = Expected(noticed=False)
"""Nothing a person does comes across it soon; checking all of it does."""
KINDS = {
    "turn/internal": Expected(most_lost=SAID, goes_on=False, begins=False, found=False),
    "turn/leaf": MESSAGES,
    "turn/overflow": replace(MESSAGES, most_lost=1),
    "session/leaf": Expected(begins=False, found=False, title=False),
    "sqlite_autoindex_session_1/leaf": Expected(goes_on=False, begins=False, found=False),
    "sqlite_sequence/leaf": STUCK,
    "turn_by_parent/leaf": STUCK,
    "turn_by_session/leaf": STUCK,
    "turn_unindexed/leaf": STUCK,
    "turn_shown/leaf": STUCK,
    "turn_by_time/leaf": STUCK,
    "turn_spelled_before/leaf": Expected(),
    "turn_spelled_in_1_3/leaf": Expected(),
    "turn_spelled_in_1_4/leaf": Expected(),
    "turn_unplaced/leaf": Expected(),
    "turn_by_state/leaf": Expected(),
    "words_config/leaf": Expected(found=False),
    "words_data/internal": Expected(found=False),
    "words_data/leaf": Expected(noticed=False, found=False),
    "words_data/overflow": Expected(noticed=False, found=False),
    "words_docsize/leaf": Expected(),
    "words_idx/leaf": Expected(found=False),
    "document/leaf": replace(QUIET, plan=False),
    "sqlite_autoindex_document_1/leaf": QUIET,
    "blob/leaf": QUIET,
    "sqlite_autoindex_blob_1/leaf": QUIET,
    "sqlite_autoindex_blob_2/leaf": QUIET,
    "setting/leaf": Expected(setting=False),
    "sqlite_autoindex_setting_1/leaf": Expected(),
    "free": QUIET,
}
MANY = 700
"""Short messages, enough for these kinds of pages, which `filled` has none of."""
LEADING = tuple(f"turn_{name}/internal" for name in ("by_session", "by_parent", "shown", "by_time"))
OF_TABLES = ("turn/internal", "words_docsize/internal")
OPENS_NOT = "sqlite_schema/leaf"
"""Page 1: nothing leads anywhere without it."""


@pytest.fixture(scope="module")
def base(made: tuple[Path, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copied(made[0], tmp_path_factory.mktemp("kinds") / "vault")
    with opened(folder, made[1]) as vault:
        filled(vault)
    return folder


@pytest.fixture(scope="module")
def kinds(base: Path, made: tuple[Path, bytes]) -> dict[str, list[int]]:
    with opened(base, made[1]) as vault:
        return pages_by_kind(vault)


@pytest.fixture
def damage(base: Path, kinds: dict[str, list[int]], folder: Path) -> Callable[[str, int], Path]:
    """Makes a copy of which the first, a middle or the last page of a kind is damaged."""

    def damaged(kind: str, which: int) -> Path:
        copied(base, folder)
        flip_a_byte(folder / "history.db", page=kinds[kind][which * (len(kinds[kind]) - 1) // 2])
        return folder

    return damaged


def tried(act: Callable[[], object]) -> bool:
    """Tell whether it succeeds; if not, it says that the history is damaged."""
    try:
        act()
    except DamagedHistoryError:
        return False
    return True


def said(vault: Vault, session: str) -> bool:
    return tried(lambda: vault.sessions.add(session, Turn(Role.USER, "新的话")))


MANY_PAGES = ("turn/leaf", "turn/overflow", "words_data/leaf", "words_data/overflow", "free")
FIRST, MIDDLE, LAST = range(3)


def pages(*kinds: str) -> pytest.MarkDecorator:
    """Run a test for the first page of each kind, and for others of those that have many."""
    each = [(kind, FIRST) for kind in kinds]
    each += [(kind, which) for kind in MANY_PAGES for which in (MIDDLE, LAST)]
    return pytest.mark.parametrize(("kind", "which"), each)


def test_every_kind_there_is_is_looked_at(kinds: dict[str, list[int]]) -> None:
    assert all(kinds.values())
    assert kinds.keys() == {*KINDS, OPENS_NOT}


@pages(*KINDS)
def test_it_opens_and_the_rest_is_there(
    damage: Callable[[str, int], Path], data_key: bytes, kind: str, which: int
) -> None:
    expected = KINDS[kind]
    with opened(damage(kind, which), data_key) as vault:
        noticed = [error.key for error in vault.notices] == ["vault.partly_damaged"]
        assert noticed or not expected.noticed
        assert {session.id for session in vault.sessions.kept()} == set(SESSIONS)
        read = read_in(vault)
        assert read.items() <= ALL.items()
        assert SAID - expected.most_lost <= len(read)
        assert len(read) == SAID or expected.most_lost
        assert vault.damage is not None or len(read) == SAID
        hits = []
        if tried(lambda: hits.extend(vault.search.find("焦虑", most=SAID))):
            assert len(hits) + vault.search.left_out == SAID
        else:
            assert not expected.found


@pages(*KINDS)
def test_what_can_be_said_is_said_and_kept(
    damage: Callable[[str, int], Path], data_key: bytes, kind: str, which: int
) -> None:
    expected = KINDS[kind]
    with opened(damage(kind, which), data_key) as vault:
        last_leaf = kind == "turn/leaf" and which == LAST
        assert said(vault, "a") is (expected.goes_on and not last_leaf)
        assert said(vault, "new") is (expected.begins and not last_leaf)
        if expected.goes_on and not last_leaf:
            assert vault.sessions.turns("a")[-1].turn.content == "新的话"
        if not (expected.goes_on and expected.begins) or last_leaf:
            assert [error.key for error in vault.notices] == ["vault.partly_damaged"]


@pages(*KINDS, OPENS_NOT)
def test_a_rescue_saves_all_that_can_be_read_and_life_goes_on(
    damage: Callable[[str, int], Path], data_key: bytes, tmp_path: Path, kind: str, which: int
) -> None:
    expected = KINDS.get(kind, Expected())
    folder = damage(kind, which)
    before = (folder / "history.db").read_bytes()

    with open_rescued(folder, data_key) as vault:
        findings = verify(vault)
        read = read_in(vault)
        assert findings.undamaged
        assert findings.whole is (expected.losses() <= {"setting"})
        assert set(told_of(vault).losses) == expected.losses()
        assert read.items() <= ALL.items()
        assert findings.lost_turns == SAID - len(read)
        assert (len(read) < SAID) is expected.lost_for_good
        titles = {session.id: session.title for session in vault.sessions.kept()}
        assert titles == dict.fromkeys(SESSIONS, "") | ({"a": TITLE} if expected.title else {})
        assert (vault.documents.read(PLAN) is not None) is expected.plan
        assert len(vault.search.find("焦虑", most=SAID)) == len(read)
        assert said(vault, "a")
        assert said(vault, "new")
        assert vault.sessions.turns("a")[-1].turn.content == "新的话"
        vault.backups.make()
        write_backup(vault, tmp_path / "backup")
        with opened_backup(tmp_path / "backup", folder, by_passphrase, lambda: data_key) as backup:
            assert backup.preview(vault).gain.new_turns == 0
    (aside,) = folder.glob("history.damaged-*.db")
    assert aside.read_bytes() == before
    assert traces(tmp_path, WORDS) == []


@pytest.fixture(scope="module")
def long(made: tuple[Path, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A history of so many messages that its indexes have pages that lead to pages."""
    folder = copied(made[0], tmp_path_factory.mktemp("long") / "vault")
    with opened(folder, made[1]) as vault:
        for number in range(MANY):
            vault.sessions.add("a", Turn(Role.USER, f"第{number}句"))
    return folder


@pytest.mark.parametrize("name", LEADING)
def test_where_a_page_of_an_index_leads_nowhere_a_rescue_saves_all(
    long: Path, folder: Path, data_key: bytes, name: str
) -> None:
    copied(long, folder)
    with opened(folder, data_key) as vault:
        kinds = pages_by_kind(vault)
        assert {kind for kind in kinds if kind.endswith("/internal")} == {*LEADING, *OF_TABLES}
    flip_a_byte(folder / "history.db", page=kinds[name][0])

    with opened(folder, data_key) as vault:
        assert [error.key for error in vault.notices] == ["vault.partly_damaged"]
        assert [session.id for session in vault.sessions.kept()] == ["a"]
    with open_rescued(folder, data_key) as vault:
        assert told_of(vault).losses == {}
        said = [turn.turn.content for turn in vault.sessions.turns("a")]
        assert said == [f"第{number}句" for number in range(MANY)]
        assert verify(vault).whole


def test_what_does_not_open_says_so_and_stands_as_it_was(
    damage: Callable[[str, int], Path], data_key: bytes
) -> None:
    folder = damage(OPENS_NOT, FIRST)
    before = (folder / "history.db").read_bytes()

    with pytest.raises(DamagedHistoryError):
        opened(folder, data_key)

    assert (folder / "history.db").read_bytes() == before


def told_of(vault: Vault) -> RescuedHistoryError:
    """Return what is said of the rescue, having looked at whether it names what is lost."""
    (told, *_) = vault.notices
    assert isinstance(told, RescuedHistoryError)
    assert told.key == ("vault.rescued_with_loss" if told.losses else "vault.rescued")
    said = told.sentence("zh")
    words = {"turns": "条消息，已", "titles": "标题", "plan": "安全计划", "setting": "保留多久"}
    assert {what for what, word in words.items() if word in said} == set(told.losses)
    assert ("恢复" in said) is bool(told.losses)
    return told


def by_passphrase(envelope: Envelope) -> bytes:
    return envelope.open_with_passphrase(PASSPHRASE)
