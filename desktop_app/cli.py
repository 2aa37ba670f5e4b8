"""`soulchat`: the command line. Chooses what runs; what it does is in commands/ and app.py."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from desktop_app.errors import InputError
from desktop_app.paths import Paths, app_paths
from resources.command import run_command, whole_number
from resources.errors import EXIT_DONE
from resources.messages import LANGUAGES, sentence

SECRETS: Final = ("SOULCHAT_PASSPHRASE", "SOULCHAT_NEW_PASSPHRASE", "SOULCHAT_RECOVERY_CODE")
MAX_SEED: Final = 2**32 - 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    for name in SECRETS:
        os.environ.pop(name, None)  # nothing started from here may inherit them
    return run_command(_command, argv, interrupted="cli.interrupted")


def _command(given: list[str]) -> int:
    unset = argparse.Namespace(data_dir=None, model=None)
    arguments = _parser().parse_args(given, unset)
    return _run(arguments, app_paths(arguments.data_dir))


def _run(arguments: argparse.Namespace, paths: Paths) -> int:
    """Run what `arguments` name. Each part is imported by the command that needs it."""
    match arguments.command:
        case "reply":
            from desktop_app.commands.reply import run_reply  # noqa: PLC0415

            run_reply(arguments, paths)
        case "care":
            from desktop_app.care.card import crisis_card  # noqa: PLC0415

            print(crisis_card(arguments.region).text())
        case "doctor":
            from desktop_app.commands.doctor import examine  # noqa: PLC0415

            _print_json(examine(arguments.model, paths), one_line=arguments.json)
        case "bench":
            from desktop_app.commands.bench import measure  # noqa: PLC0415

            _print_json(measure(arguments.model, paths), one_line=arguments.json)
        case _ if arguments.text:
            from desktop_app.commands.talk import run_talk  # noqa: PLC0415

            run_talk(arguments.model, paths)
        case _:
            return _open_window(arguments.model, paths)
    return EXIT_DONE


def _open_window(model: str | None, paths: Paths) -> int:
    if not _has_display():
        raise InputError("input.no_display")
    from desktop_app.app import main as open_window  # noqa: PLC0415

    return open_window(model, paths)


def _has_display() -> bool:
    """Tell whether a window could open: a named Qt platform, X11, Wayland, or not Linux."""
    if sys.platform != "linux":
        return True
    return any(os.environ.get(n) for n in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"))


def _parser() -> argparse.ArgumentParser:
    everywhere = argparse.ArgumentParser(add_help=False)
    # Without SUPPRESS a subcommand's default would overwrite what stood before its name.
    unset = argparse.SUPPRESS
    everywhere.add_argument(
        "--data-dir", type=Path, metavar="DIR", default=unset, help=sentence("cli.help_data_dir")
    )
    everywhere.add_argument(
        "--lang", choices=LANGUAGES, default=unset, help=sentence("cli.help_lang")
    )
    everywhere.add_argument(
        "--model", metavar="PATH_OR_ID", default=unset, help=sentence("cli.help_model")
    )
    everywhere.add_argument("-h", "--help", action="help", help=sentence("cli.help_help"))

    parser = argparse.ArgumentParser(
        prog="soulchat",
        description=sentence("cli.description"),
        parents=[everywhere],
        add_help=False,
        allow_abbrev=False,
    )
    parser.add_argument("--text", action="store_true", help=sentence("cli.help_text"))
    parser.add_argument(
        "--version",
        action="version",
        version=metadata.version("soulchat-desktop"),
        help=sentence("cli.help_version"),
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def command(name: str) -> argparse.ArgumentParser:
        return commands.add_parser(
            name,
            help=sentence(f"cli.help_{name}"),
            parents=[everywhere],
            add_help=False,
            allow_abbrev=False,
        )

    _add_reply(command("reply"))
    card = command("care").add_subparsers(dest="care", required=True, metavar="card")
    card_parser = card.add_parser(
        "card", help=sentence("cli.help_card"), parents=[everywhere], add_help=False
    )
    card_parser.add_argument("--region", metavar="R", help=sentence("cli.help_region"))
    for name in ("doctor", "bench"):
        command(name).add_argument("--json", action="store_true", help=sentence("cli.help_json"))
    return parser


def _add_reply(reply: argparse.ArgumentParser) -> None:
    form = reply.add_mutually_exclusive_group(required=True)
    form.add_argument("--json", action="store_true", help=sentence("cli.help_json"))
    form.add_argument("--jsonl", action="store_true", help=sentence("cli.help_jsonl"))
    reply.add_argument("--session", metavar="ID", help=sentence("cli.help_session"))
    reply.add_argument("--greedy", action="store_true", help=sentence("cli.help_greedy"))
    reply.add_argument(
        "--seed", type=whole_number(0, MAX_SEED), metavar="N", help=sentence("cli.help_seed")
    )
    reply.add_argument(
        "--preset", choices=("model", "paper"), default="model", help=sentence("cli.help_preset")
    )
    reply.add_argument(
        "--max-tokens",
        type=whole_number(1),
        default=512,
        metavar="N",
        help=sentence("cli.help_max_tokens"),
    )
    reply.add_argument(
        "--n-ctx", type=whole_number(1), metavar="N", help=sentence("cli.help_n_ctx")
    )


def _print_json(plain: dict[str, Any], *, one_line: bool) -> None:
    print(json.dumps(plain, ensure_ascii=False, indent=None if one_line else 2))


if __name__ == "__main__":
    sys.exit(main())
