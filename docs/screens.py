"""Take the pictures in docs/screens: `xvfb-run -s '-screen 0 1400x1000x24' python docs/screens.py`.

The real window, vault and model, in both languages and both schemes: the first steps, a
conversation the model answered just now, the crisis card, the history being unlocked. The keyring
is a stand-in, there or not; nobody's own is written to. Each language and scheme has a process of
its own, as a person's program has. `--model` takes another model than the one that ships,
`--folder` puts the pictures elsewhere.
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import ClassVar, Final

from keyring.backend import KeyringBackend
from keyring.backends import fail
from PySide6.QtCore import QEventLoop, QTimer, SignalInstance
from PySide6.QtWidgets import QApplication

from desktop_app.app import application, running_window
from desktop_app.paths import app_paths
from desktop_app.settings import AgeBand, Scheme, Settings, write
from desktop_app.vault import keychain
from desktop_app.views.first_steps import FirstSteps
from desktop_app.views.gate import Gate
from desktop_app.views.key_step import KeyStep, Way
from desktop_app.views.questions import AgeStep, NoticeStep
from desktop_app.views.sheet_offer import SheetOffer
from desktop_app.views.window import MainWindow
from resources.messages import LANGUAGES, Language, choose_language

FOLDER: Final = Path(__file__).resolve().parent / "screens"
SIZE: Final = (1120, 760)
PATIENCE_MS: Final = 180_000
REST_MS: Final = 100
SAID: Final = (
    ("和室友吵架了，回去不知道该怎么面对她。",),
    ("今天一个人在家，心里空空的。",),
    ("刚分手一个星期，什么都不想做。", "我们在一起三年了，我一直在想是不是我不够好。"),
)
TYPED: Final = "only for the pictures"
SCHEMES: Final = (Scheme.LIGHT, Scheme.DARK)


class StandInKeyring(KeyringBackend):
    """Keeps what it gets for as long as the program runs."""

    priority = 1
    _kept: ClassVar[dict[str, str]] = {}

    def get_password(self, service: str, username: str) -> str | None:  # noqa: ARG002
        """See keyring."""
        return self._kept.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:  # noqa: ARG002
        """See keyring."""
        self._kept[username] = password

    def delete_password(self, service: str, username: str) -> None:  # noqa: ARG002
        """See keyring."""
        del self._kept[username]


def main() -> None:
    """Take one set of pictures, or start oneself for each language and scheme."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model")
    parser.add_argument("--lang", choices=LANGUAGES)
    parser.add_argument("--scheme", choices=[scheme.value for scheme in SCHEMES])
    parser.add_argument("--folder", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    if arguments.lang:
        take(arguments.model, arguments.lang, Scheme(arguments.scheme), arguments.folder)
        return
    for language, scheme in itertools.product(LANGUAGES, SCHEMES):
        each = ["--lang", language, "--scheme", scheme.value]
        subprocess.run([sys.executable, *sys.argv, *each], check=True)


def take(model: str | None, language: Language, scheme: Scheme, folder: Path) -> None:
    """Go the first steps, talk a little, and save the pictures of one language and scheme."""
    choose_language(language)
    # The region offered is the locale's.
    os.environ["LC_ALL"] = {"zh": "zh_CN.UTF-8", "en": "en_US.UTF-8"}[language]
    folder.mkdir(exist_ok=True)
    keychain.system_backend = fail.Keyring
    app = application()
    name = str(folder / f"{language}-{scheme}")
    with tempfile.TemporaryDirectory() as home:
        paths = app_paths(Path(home))
        write(paths.settings, Settings(language=language, scheme=scheme))
        with running_window(app, model, paths) as window:
            show(window)
            wait_for(window.model.opened)
            go_first_steps(window, name)
            for said in SAID:
                window.begin_conversation()
                for text in said:
                    window.send(text)
                    wait_for(window.exchange.answered)
            save(window, f"{name}-conversation")
            window.show_card(shown=True)
            save(window, f"{name}-card")
        with running_window(app, model, paths) as window:
            show(window)
            wait_for(window.model.opened)
            save(window, f"{name}-unlock")


def show(window: MainWindow) -> None:
    """Put the window on the screen."""
    window.resize(*SIZE)
    window.show()


def go_first_steps(window: MainWindow, name: str) -> None:
    """Answer as a person would who prefers a passphrase."""
    gate, steps = window.findChild(Gate), window.findChild(FirstSteps)
    assert isinstance(steps.step, NoticeStep)
    save(window, f"{name}-notice")
    steps.main.click()
    assert isinstance(steps.step, AgeStep)
    steps.step.choices.choose(AgeBand.ADULT)
    steps.main.click()
    steps.main.click()  # the region is the locale's
    key = steps.step
    assert isinstance(key, KeyStep)
    key.choices.choose(Way.PASSPHRASE)
    key.first.line.setText(TYPED)
    key.second.line.setText(TYPED)
    wait_for_probe(key)
    save(window, f"{name}-key")
    keychain.system_backend = StandInKeyring
    again = steps.notice.button("window.try_again")
    assert again is not None
    again.click()
    wait_for_probe(key)
    key.choices.choose(Way.KEYRING)
    save(window, f"{name}-keyring")
    key.choices.choose(Way.PASSPHRASE)
    steps.main.click()
    while not isinstance(offer := gate.currentWidget(), SheetOffer):
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    save(window, f"{name}-sheet")
    offer.skip.click()


def wait_for_probe(key: KeyStep) -> None:
    """Let the window live until it is known whether there is a keyring."""
    while not key.probing.isHidden():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


def wait_for(signal: SignalInstance) -> None:
    """Let the window live until `signal` comes."""
    loop = QEventLoop()
    signal.connect(loop.quit)
    QTimer.singleShot(PATIENCE_MS, lambda: loop.exit(1))
    if loop.exec():
        raise SystemExit(1)


def save(window: MainWindow, name: str) -> None:
    """Write a picture of the window, once all of it is laid out and two looks see the same."""
    before, seen = None, window.grab().toImage()
    while before != seen:
        rest = QEventLoop()
        QTimer.singleShot(REST_MS, rest.quit)
        rest.exec()
        before, seen = seen, window.grab().toImage()
    assert seen.save(f"{name}.png")


if __name__ == "__main__":
    main()
