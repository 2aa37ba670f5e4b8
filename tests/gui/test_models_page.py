"""The page of models: what is here, what would suit, a download with the real client behind it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from desktop_app.models import catalogue
from desktop_app.models.catalogue import Entry
from desktop_app.models.install import PARTS, add
from desktop_app.models.library import damaged_models, find_model, id_of
from desktop_app.models.part import remove_other_parts
from desktop_app.paths import Paths
from desktop_app.settings import Settings, read, write
from desktop_app.views import transfers
from desktop_app.views.model_rows import OfferedRow
from desktop_app.views.models_page import ModelsPage
from desktop_app.views.transfers import Stage
from desktop_app.views.window import MainWindow
from resources.messages import LANGUAGES, Language, sentence
from tests.gui.conftest import OpenWindow
from tests.support.engine_tiny import write_tiny_model
from tests.support.fake_hub import REVISION, Hub, serving
from tests.support.gate_fixtures import focus
from tests.support.locking import OpenedWindow, lock, unlock
from tests.support.window_run import WAIT_MS, type_text, wait_for_model

pytestmark = pytest.mark.gui

ENTRY = Entry(
    id="a-model",
    name="A Model",
    repository="Someone/Model-GGUF",
    pattern="*q4_k_m.gguf",
    licence="Apache-2.0",
    languages=("zh", "en"),
    about={"zh": "试试看", "en": "To try"},
    memory_gib=0.1,
    kind="instruct",
    quantisation="Q4_K_M",
    gigabytes=0.01,
)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub that has the one model of the catalogue."""
    monkeypatch.setattr(catalogue, "_shipped", lambda: (ENTRY,))
    content = write_tiny_model(tmp_path / "published", seed=2).read_bytes()
    with serving(Hub(content)) as made:
        yield made


@pytest.fixture
def window(open_window: OpenWindow, tiny_model: Path, hub: Hub, qtbot: QtBot) -> MainWindow:
    opened = open_window(tiny_model)
    wait_for_model(qtbot, opened)
    opened._preferences.change(hub=hub.url)
    return opened


def open_page(window: MainWindow) -> ModelsPage:
    window.header.settings.actions_by_key()["settings.models"].trigger()
    page = window.care.page
    assert isinstance(page, ModelsPage)
    return page


def offered(page: ModelsPage) -> OfferedRow:
    (row,) = page.offered
    return row


def wait_for_stage(qtbot: QtBot, row: OfferedRow, stage: Stage) -> None:
    qtbot.waitUntil(
        lambda: row.transfer is not None and row.transfer.stage is stage, timeout=WAIT_MS
    )


def test_a_model_is_looked_up_agreed_to_downloaded_used_checked_and_removed(
    window: MainWindow, hub: Hub, paths: Paths, qtbot: QtBot
) -> None:
    page = open_page(window)
    assert hub.asked == []
    row = offered(page)
    assert focus() is row.get
    qtbot.keyClick(row.get, Qt.Key.Key_Return)
    wait_for_stage(qtbot, row, Stage.AGREEING)
    assert REVISION in row.told.accessibleName()
    assert hub.ranges() == []
    assert focus() is row.get
    qtbot.keyClick(row.get, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.offered == [], timeout=WAIT_MS)
    assert find_model("a-model", paths.models).path.read_bytes() == hub.content
    assert page.said.text == sentence("models.arrived", name="A Model")
    assert hub.url.removeprefix("http://") in page.connections.list.toPlainText()

    use = page.said.button("models.use_now")
    assert use is not None
    use.click()
    assert read(paths.settings)[0].model == "a-model"
    wait_for_model(qtbot, window)
    here = next(each for each in page.installed if each.id == "a-model")
    assert not here.use.isEnabled()
    here.verify.click()
    whole = sentence("models.verified_whole", id="A Model")
    qtbot.waitUntil(lambda: here.notice.text == whole, timeout=WAIT_MS)
    here.remove.click()
    remove = here.notice.button("models.remove_now")
    assert remove is not None
    remove.click()
    qtbot.waitUntil(lambda: len(page.offered) == 1, timeout=WAIT_MS)
    assert read(paths.settings)[0].model is None
    assert not (paths.models / "a-model").exists()
    wait_for_model(qtbot, window)


def test_a_download_is_paused_outlives_the_page_goes_on_and_is_cancelled(
    window: MainWindow, hub: Hub, paths: Paths, qtbot: QtBot
) -> None:
    hub.stall_after = [200_000, 100_000, 50_000]
    page = open_page(window)
    row = offered(page)
    row.get.click()
    wait_for_stage(qtbot, row, Stage.AGREEING)
    row.get.click()
    qtbot.waitUntil(lambda: row.bar.value() > 0, timeout=WAIT_MS)
    page.main.click()
    assert window.care.page is None
    page = open_page(window)
    row = offered(page)
    assert row.pause.isVisible()
    row.pause.click()
    assert row.told.accessibleName() == sentence("models.stage_paused")
    (part,) = (paths.models / PARTS).glob("*.part")
    there = part.stat().st_size
    assert there > 0
    hub.let_go.set()
    hub.let_go.clear()
    row.get.click()
    qtbot.waitUntil(lambda: row.bar.value() > 1000 * there // len(hub.content), timeout=WAIT_MS)
    assert hub.ranges()[-1] == f"bytes={there}-"
    assert row.cancel.text() == sentence("models.remove_what_came")
    row.cancel.click()
    qtbot.waitUntil(lambda: row.get.text() == sentence("models.get"), timeout=WAIT_MS)
    assert not part.exists()


@pytest.mark.parametrize("paused", [True, False], ids=["paused", "coming"])
def test_what_came_of_one_is_removed_while_the_window_can_be_used(
    window: MainWindow,
    hub: Hub,
    paths: Paths,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    paused: bool,
) -> None:
    """A file of gigabytes takes its time to go; here it takes until somebody lets go of it."""
    removing, let_go = threading.Event(), threading.Event()

    def slow(parts: Path, name: str) -> None:
        removing.set()
        let_go.wait(WAIT_MS / 1000)
        remove_other_parts(parts, name)

    monkeypatch.setattr(transfers, "remove_other_parts", slow)
    hub.stall_after = [200_000]
    row = offered(open_page(window))
    row.get.click()
    wait_for_stage(qtbot, row, Stage.AGREEING)
    row.get.click()
    qtbot.waitUntil(lambda: row.bar.value() > 0, timeout=WAIT_MS)
    if paused:
        row.pause.click()
        qtbot.waitUntil(lambda: not row._transfers._running, timeout=WAIT_MS)
    (part,) = (paths.models / PARTS).glob("*.part")

    row.cancel.click()

    assert row.transfer is None
    qtbot.waitUntil(removing.is_set, timeout=WAIT_MS)
    assert part.exists()
    assert row.get.text() == sentence("models.go_on")
    let_go.set()
    qtbot.waitUntil(lambda: row.get.text() == sentence("models.get"), timeout=WAIT_MS)
    assert not part.exists()


@pytest.mark.usefixtures("answered", "no_keyring")
@pytest.mark.parametrize("status", [None, 404], ids=["comes", "does not come"])
def test_a_download_goes_on_behind_the_lock_and_what_became_of_it_is_said(
    opened: OpenedWindow, hub: Hub, qtbot: QtBot, status: int | None
) -> None:
    hub.stall_after = [100_000]
    window = opened()
    window._preferences.change(hub=hub.url)
    row = offered(open_page(window))
    row.get.click()
    wait_for_stage(qtbot, row, Stage.AGREEING)
    row.get.click()
    qtbot.waitUntil(hub.reached.is_set, timeout=WAIT_MS)
    came = row._transfers

    lock(qtbot, window)
    assert came.current is not None
    assert came._tasks.works  # it was neither given up nor waited for
    if status is not None:
        hub.cdn_statuses = [(status, {})]
    hub.let_go.set()
    qtbot.waitUntil(lambda: came.current is None, timeout=WAIT_MS)
    unlock(qtbot, window)

    notice = window.middle.notice
    arrived = sentence("models.arrived", name="A Model")
    assert (notice.text == arrived) is (status is None)
    assert "A Model" in notice.text


def test_the_model_that_is_in_use_is_the_one_that_the_window_has(
    window: MainWindow, tiny_model: Path, paths: Paths
) -> None:
    """It was named for this start; none is set, which would be the one that ships."""
    assert read(paths.settings)[0].model is None
    page = open_page(window)

    assert window.counselling.model == str(tiny_model)
    assert [row.id for row in page.installed if not row.use.isEnabled()] == []


@pytest.mark.parametrize("named", ["by its id", "by its file"])
def test_a_model_that_a_start_named_is_let_go_of_before_it_is_removed(
    open_window: OpenWindow, hub: Hub, paths: Paths, tmp_path: Path, qtbot: QtBot, named: str
) -> None:
    assert hub.asked == []
    model, other = (
        add(write_tiny_model(tmp_path / str(seed), seed=seed), paths.models) for seed in (3, 4)
    )
    write(paths.settings, Settings(model=id_of(other)))
    window = open_window(Path(id_of(model)) if named == "by its id" else model.path)
    wait_for_model(qtbot, window)
    page = open_page(window)
    assert [row.id for row in page.installed if not row.use.isEnabled()] == [id_of(model)]

    row = page._row(id_of(model))
    assert row is not None
    row.remove_wanted.emit(row.id)

    assert window.counselling.model == id_of(other)
    qtbot.waitUntil(lambda: not model.path.exists(), timeout=WAIT_MS)
    assert read(paths.settings)[0].model == id_of(other)
    wait_for_model(qtbot, window)
    in_use = [row.id for row in page.installed if not row.use.isEnabled()]
    assert in_use == [id_of(other)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_model_that_is_damaged_says_why_and_its_room_can_be_had_back(
    open_window: OpenWindow,
    hub: Hub,
    paths: Paths,
    tmp_path: Path,
    qtbot: QtBot,
    language: Language,
) -> None:
    assert hub.asked == []
    model = add(write_tiny_model(tmp_path / "own", seed=3), paths.models)
    folder = model.path.parent
    (folder / "model.json").write_text("", encoding="utf-8")
    write(paths.settings, Settings(model=folder.name))
    window = open_window(Path(folder.name))
    qtbot.waitUntil(lambda: window.model.error is not None, timeout=WAIT_MS)
    page = open_page(window)
    window.choose_language(language)
    (row,) = page.damaged
    (lost,) = damaged_models(paths.models)
    assert [each.id for each in page.installed] == ["soulchat-mini"]
    assert row.about.accessibleName() == lost.why.sentence(language)
    assert row.facts.accessibleName() == sentence("models.damaged_facts", size="1")

    row.remove.click()
    assert folder.exists()
    remove = row.notice.button("models.remove_now")
    assert remove is not None
    remove.click()

    gone = sentence("models.removed", id=folder.name, size="1")
    qtbot.waitUntil(lambda: page.said.text == gone, timeout=WAIT_MS)
    assert page.damaged == []
    assert not folder.exists()
    assert read(paths.settings)[0].model is None
    assert window.counselling.model is None
    wait_for_model(qtbot, window)


def test_a_look_up_or_a_question_that_is_given_up_costs_nothing_that_has_come(
    window: MainWindow, hub: Hub, paths: Paths, qtbot: QtBot
) -> None:
    parts = paths.models / PARTS
    parts.mkdir(parents=True)
    part = parts / f"{ENTRY.id}.{hub.true_sha256}.part"
    part.write_bytes(hub.content[:100_000])
    row = offered(open_page(window))

    hub.statuses = [(429, {"Retry-After": "60"})]
    for stage in (Stage.WAITING, Stage.LOOKING, Stage.AGREEING):
        row.get.click()
        wait_for_stage(qtbot, row, stage)
        assert row.pause.isHidden()
        assert row.cancel.text() == sentence("window.cancel")
        row.cancel.click()
        assert row.transfer is None
    qtbot.waitUntil(lambda: not row._transfers._running, timeout=WAIT_MS)
    assert part.stat().st_size == 100_000
    assert row.get.text() == sentence("models.go_on")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_becomes_of_a_model_while_its_page_is_closed_is_said(
    window: MainWindow, hub: Hub, language: Language, qtbot: QtBot
) -> None:
    window.choose_language(language)
    notice = window.middle.notice
    page = open_page(window)
    offered(page).get.click()
    wait_for_stage(qtbot, offered(page), Stage.AGREEING)
    hub.sha256 = "0" * 64
    offered(page).get.click()
    window.care.leave()
    qtbot.waitUntil(lambda: notice.text.startswith("“A Model”"), timeout=WAIT_MS)
    models = notice.button("models.title")
    assert models is not None

    models.click()

    again = window.care.page
    assert isinstance(again, ModelsPage)
    why = offered(again).notice.text
    assert why
    assert notice.text == sentence("models.not_installed", name="A Model", why=why)


def test_that_a_model_came_waits_until_what_is_being_said_has_been_read(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    page = open_page(window)
    window.say(lambda: "a way back")
    own = write_tiny_model(tmp_path / "own", seed=3)
    with qtbot.waitSignal(page._transfers.ended, timeout=WAIT_MS):
        page._transfers.copy(own)
        window.care.leave()
    assert window.middle.notice.text == "a way back"

    window.middle.notice.clear()

    arrived = sentence("models.arrived", name=own.name)
    qtbot.waitUntil(lambda: window.middle.notice.text == arrived, timeout=WAIT_MS)
    page = open_page(window)
    assert page.said.button("models.use_now") is not None


def test_what_goes_wrong_is_said_at_the_model(window: MainWindow, hub: Hub, qtbot: QtBot) -> None:
    row = offered(open_page(window))
    hub.gated = "manual"
    row.get.click()
    qtbot.waitUntil(lambda: row.notice.text != "", timeout=WAIT_MS)
    assert row.notice.text == sentence("error.download.gated", repository=ENTRY.repository)
    assert row.get.isVisible()
    assert row.get.isEnabled()


def test_a_file_of_ones_own_is_copied_and_checked(
    window: MainWindow, paths: Paths, tmp_path: Path, qtbot: QtBot
) -> None:
    page = open_page(window)
    own = write_tiny_model(tmp_path / "张三　的" / "深" / "文件夹", seed=3)
    own = own.rename(own.with_name("心" * 80 + ".gguf"))
    page._transfers.copy(own)
    qtbot.waitUntil(lambda: page.said.button("models.use_now") is not None, timeout=WAIT_MS)
    row = page.installed[-1]
    assert find_model(row.id, paths.models).path.read_bytes() == own.read_bytes()
    page._transfers.copy(own)
    already = sentence("error.model.here_already", id=row.id)
    qtbot.waitUntil(lambda: page.said.text == already, timeout=WAIT_MS)


def test_a_copy_of_64_mib_writes_the_page_twice_on_a_clock_that_stands(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At its beginning and at its end; in between it would have kept the window from all else."""
    monkeypatch.setattr(transfers, "time", SimpleNamespace(monotonic=lambda: 7.0))
    page = open_page(window)
    own = write_tiny_model(tmp_path / "own", seed=3)
    os.truncate(own, 64 * 2**20)
    heard = QSignalSpy(page._transfers._heard)

    with qtbot.waitSignal(page._transfers.ended, timeout=WAIT_MS):
        page._transfers.copy(own)

    told = [heard.at(row)[1].done for row in range(heard.count())]
    assert told == [2**20, 64 * 2**20]


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_speaks_both_languages_and_says_when_the_internet_is_used(
    window: MainWindow, language: Language
) -> None:
    page = open_page(window)
    window.choose_language(language)
    said = [each.accessibleName() for each in page.findChildren(QLabel)]
    assert sentence("models.means") in said
    assert ENTRY.about[language] in said
    assert page.connections.list.toPlainText() == sentence("models.no_connections")


def test_a_source_or_proxy_that_cannot_be_used_is_said_and_not_kept(
    window: MainWindow, hub: Hub, paths: Paths
) -> None:
    page = open_page(window)
    page.source.proxy.setFocus()
    type_text(page.source.proxy, "http://me:secret@127.0.0.1:1")
    page.main.setFocus()
    assert page.source.notice.text == sentence("error.download.bad_proxy")
    page.source.proxy.clear()
    page.source.choices["hf-mirror"].click()
    kept = read(paths.settings)[0]
    assert (kept.hub, kept.proxy) == ("hf-mirror", None)
    assert "secret" not in paths.settings.read_text(encoding="utf-8")
    assert hub.asked == []
