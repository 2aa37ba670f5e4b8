"""Take the pictures in docs/screens: `xvfb-run -s '-screen 0 1400x1000x24' python docs/screens.py`.

The real window with the real model, in both languages and both schemes: the notice, a
conversation the model answered just now, the crisis card. Each language and scheme has a process
of its own, as a person's program has. `--model` takes another model than the one that ships.
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEventLoop, QTimer, SignalInstance
from PySide6.QtWidgets import QApplication

from desktop_app.app import application, running_window
from desktop_app.paths import app_paths
from desktop_app.views.appearance import Scheme
from desktop_app.views.window import MainWindow
from resources.messages import LANGUAGES, Language, choose_language

FOLDER: Final = Path(__file__).resolve().parent / "screens"
SIZE: Final = (1120, 760)
PATIENCE_MS: Final = 180_000
SAID: Final = ("最近总是睡不着，脑子里停不下来。", "主要是工作，上个月换了组，我怕做不好。")
SCHEMES: Final = (Scheme.LIGHT, Scheme.DARK)


def main() -> None:
    """Take one set of pictures, or start oneself for each language and scheme."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model")
    parser.add_argument("--lang", choices=LANGUAGES)
    parser.add_argument("--scheme", choices=[scheme.value for scheme in SCHEMES])
    arguments = parser.parse_args()
    if arguments.lang:
        take(arguments.model, arguments.lang, Scheme(arguments.scheme))
        return
    model = ["--model", arguments.model] if arguments.model else []
    for language, scheme in itertools.product(LANGUAGES, SCHEMES):
        each = ["--lang", language, "--scheme", scheme.value]
        subprocess.run([sys.executable, __file__, *model, *each], check=True)


def take(model: str | None, language: Language, scheme: Scheme) -> None:
    """Talk a little and save the pictures of one language and scheme."""
    choose_language(language)
    # The card is that of the person's region.
    os.environ["LC_ALL"] = {"zh": "zh_CN.UTF-8", "en": "en_US.UTF-8"}[language]
    FOLDER.mkdir(exist_ok=True)
    app = application()
    with (
        tempfile.TemporaryDirectory() as home,
        running_window(app, model, app_paths(Path(home))) as window,
    ):
        window.header.settings.actions_by_key()[f"settings.scheme_{scheme}"].trigger()
        window.resize(*SIZE)
        window.show()
        wait_for(window.model_opened)
        save(window, f"{language}-{scheme}-notice")
        window.middle.welcome.confirm.click()
        for text in SAID:
            window.send(text)
            wait_for(window.exchange.answered)
        save(window, f"{language}-{scheme}-conversation")
        window.show_card(shown=True)
        save(window, f"{language}-{scheme}-card")


def wait_for(signal: SignalInstance) -> None:
    """Let the window live until `signal` comes."""
    loop = QEventLoop()
    signal.connect(loop.quit)
    QTimer.singleShot(PATIENCE_MS, lambda: loop.exit(1))
    if loop.exec():
        raise SystemExit(1)


def save(window: MainWindow, name: str) -> None:
    """Write a picture of the window."""
    QApplication.processEvents()
    window.grab().save(str(FOLDER / f"{name}.png"))


if __name__ == "__main__":
    main()
