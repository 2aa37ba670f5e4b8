"""`soulchat`: the command line. Chooses what runs; what it does is in commands/ and app.py."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from desktop_app import settings
from desktop_app.commands.days import day
from desktop_app.commands.display import has_display
from desktop_app.commands.environment import Secrets
from desktop_app.commands.given_path import given_folder, given_path
from desktop_app.commands.output import print_json, speak, tell
from desktop_app.core_files import write_no_core_file
from desktop_app.errors import InputError
from desktop_app.models.manifest import MAX_SEED
from desktop_app.paths import Paths, app_paths
from desktop_app.settings import Settings
from resources.command import run_command, whole_number
from resources.errors import EXIT_DONE
from resources.messages import LANGUAGES, choose_language, early_language, sentence

EXPORT_FORMS: Final = ("md", "json", "html", "pdf")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    write_no_core_file()
    secrets = Secrets.taken_from(os.environ)  # nothing started from here may inherit them
    command = partial(_command, secrets=secrets)
    return run_command(command, argv, interrupted="cli.interrupted")


def _command(given: list[str], secrets: Secrets) -> int:
    if early_language(given) is None:
        choose_language(settings.language_of(app_paths(_early_data_dir(given)).settings))
    unset = argparse.Namespace(data_dir=None, model=None)
    arguments = _parser().parse_args(given, unset)
    return _run(arguments, app_paths(arguments.data_dir), secrets)


def _early_data_dir(given: list[str]) -> Path | None:
    """Return `--data-dir`, read ahead of the real parser, which speaks the language set there."""
    early = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    early.add_argument("--data-dir", type=given_folder)
    try:
        folder: Path | None = early.parse_known_args(given)[0].data_dir
    except argparse.ArgumentError:  # the real parser will complain
        return None
    return folder


def _run(arguments: argparse.Namespace, paths: Paths, secrets: Secrets) -> int:
    """Run what `arguments` name. Each part is imported by the command that needs it."""
    match arguments.command:
        case "reply":
            from desktop_app.commands.reply import run_reply  # noqa: PLC0415

            wished = arguments.model is not None
            found = Settings() if arguments.session is None else _settings(paths)
            if not wished:
                arguments.model = found.model  # the model that conversation has
            run_reply(arguments, paths, secrets, found.snapshot_mb, wished=wished)
        case "care":
            from desktop_app.commands.care import run_care  # noqa: PLC0415

            run_care(arguments, _settings(paths))
        case "guard":
            from desktop_app.commands.guard import run_guard  # noqa: PLC0415

            run_guard()
        case "sessions" | "vault":
            _run_on_history(arguments, paths, secrets)
        case "models":
            from desktop_app.commands.models import run_models  # noqa: PLC0415

            run_models(arguments, paths, _settings(paths))
        case "doctor":
            from desktop_app.commands.doctor import examine  # noqa: PLC0415

            _print_json(examine(arguments.model, paths), one_line=arguments.json)
        case "bench":
            from desktop_app.commands.bench import measure  # noqa: PLC0415

            _print_json(measure(arguments.model, paths), one_line=arguments.json)
        case _ if arguments.text:
            from desktop_app.commands.first_questions import asked_first  # noqa: PLC0415
            from desktop_app.commands.talk import run_talk  # noqa: PLC0415

            settings = asked_first(paths.settings, _settings(paths))
            run_talk(arguments.model, paths, secrets, settings)
        case _:
            return _open_window(arguments.model, paths)
    return EXIT_DONE


def _run_on_history(arguments: argparse.Namespace, paths: Paths, secrets: Secrets) -> None:
    """Run what `arguments` name of the commands that need the history."""
    match arguments.command:
        case "sessions" if arguments.sessions == "search":
            from desktop_app.commands.search import run_search  # noqa: PLC0415

            run_search(arguments, paths, secrets)
        case "sessions" if arguments.sessions in {"export", "import"}:
            from desktop_app.commands.transfer import run_transfer  # noqa: PLC0415

            run_transfer(arguments, paths, secrets)
        case "sessions":
            from desktop_app.commands.sessions import run_sessions  # noqa: PLC0415

            run_sessions(arguments, paths, secrets)
        case "vault" if arguments.vault in {"verify", "backup", "restore"}:
            from desktop_app.commands.vault_backup import run_vault_backup  # noqa: PLC0415

            run_vault_backup(arguments, paths, secrets)
        case "vault" if arguments.vault == "copies":
            from desktop_app.commands.vault_copies import run_vault_copies  # noqa: PLC0415

            run_vault_copies(arguments, paths, secrets)
        case "vault":
            from desktop_app.commands.vault import run_vault  # noqa: PLC0415

            run_vault(arguments, paths, secrets)


def _settings(paths: Paths) -> Settings:
    """Return what was set, and say once what is wrong with it."""
    found, problem = settings.read(paths.settings)
    if problem is not None:
        tell(problem)
    return found


class _Version(argparse.Action):
    """Prints the version and ends; importlib.metadata takes longer to load than all of this."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str) -> None:  # noqa: A002 - argparse's own
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib import metadata  # noqa: PLC0415

        speak(metadata.version("soulchat-desktop"))
        parser.exit()


def _open_window(model: str | None, paths: Paths) -> int:
    if not has_display():
        raise InputError("input.no_display")
    gc.disable()  # what a start makes stays; the window collects again once it is painted
    from desktop_app.app import main as open_window  # noqa: PLC0415

    return open_window(model, paths)


def _parser() -> argparse.ArgumentParser:
    everywhere = argparse.ArgumentParser(add_help=False)
    # Without SUPPRESS a subcommand's default would overwrite what stood before its name.
    unset = argparse.SUPPRESS
    everywhere.add_argument(
        "--data-dir",
        type=given_folder,
        metavar="DIR",
        default=unset,
        help=sentence("cli.help_data_dir"),
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
        action=_Version,
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
    command("guard").add_argument(
        "--jsonl", action="store_true", required=True, help=sentence("cli.help_guard_jsonl")
    )
    _add_sessions(command("sessions"), everywhere)
    _add_vault(command("vault"), everywhere)
    _add_models(command("models"), everywhere)
    _add_care(command("care"), everywhere)
    for name in ("doctor", "bench"):
        command(name).add_argument("--json", action="store_true", help=sentence("cli.help_json"))
    return parser


def _add_models(models: argparse.ArgumentParser, everywhere: argparse.ArgumentParser) -> None:
    actions = models.add_subparsers(dest="models", required=True, metavar="ACTION")

    def action(name: str) -> argparse.ArgumentParser:
        return actions.add_parser(
            name,
            help=sentence(f"cli.help_models_{name}"),
            parents=[everywhere],
            add_help=False,
            allow_abbrev=False,
        )

    get, pin, verify = action("get"), action("pin"), action("verify")
    for parser in (action("list"), action("recommend"), action("connections"), verify):
        parser.add_argument("--json", action="store_true", help=sentence("cli.help_json"))
    get.add_argument("id", metavar="ID", help=sentence("cli.help_model_id"))
    get.add_argument("--yes", action="store_true", help=sentence("cli.help_yes_get"))
    pin.add_argument("ids", metavar="ID", nargs="*", help=sentence("cli.help_model_id"))
    for parser in (get, pin):
        parser.add_argument("--endpoint", metavar="URL", help=sentence("cli.help_endpoint"))
        parser.add_argument("--proxy", metavar="URL", help=sentence("cli.help_proxy"))
    verify.add_argument("id", metavar="ID", nargs="?", help=sentence("cli.help_model_id"))
    action("remove").add_argument("id", metavar="ID", help=sentence("cli.help_model_id"))
    action("add").add_argument(
        "file", type=given_path, metavar="F", help=sentence("cli.help_model_file")
    )


def _add_care(care: argparse.ArgumentParser, everywhere: argparse.ArgumentParser) -> None:
    actions = care.add_subparsers(dest="care", required=True, metavar="card|exercises")

    def action(name: str) -> argparse.ArgumentParser:
        return actions.add_parser(
            name, help=sentence(f"cli.help_{name}"), parents=[everywhere], add_help=False
        )

    action("card").add_argument("--region", metavar="R", help=sentence("cli.help_region"))
    action("exercises").add_argument(
        "exercise", metavar="ID", nargs="?", help=sentence("cli.help_exercise")
    )


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


def _add_sessions(sessions: argparse.ArgumentParser, everywhere: argparse.ArgumentParser) -> None:
    actions = sessions.add_subparsers(dest="sessions", required=True, metavar="ACTION")

    def action(name: str, *, of_one: bool = True) -> argparse.ArgumentParser:
        parser = actions.add_parser(
            name,
            help=sentence(f"cli.help_sessions_{name}"),
            parents=[everywhere],
            add_help=False,
            allow_abbrev=False,
        )
        if of_one:
            parser.add_argument("id", metavar="ID", help=sentence("cli.help_session"))
        return parser

    search = action("search", of_one=False)
    search.add_argument("--session", metavar="ID", help=sentence("cli.help_session"))
    for name in ("since", "until"):
        search.add_argument(f"--{name}", type=day, metavar="DAY", help=sentence(f"cli.help_{name}"))
    listing = action("list", of_one=False)
    listing.add_argument("--trash", action="store_true", help=sentence("cli.help_trash"))
    for parser in (listing, search, action("show")):
        parser.add_argument("--json", action="store_true", help=sentence("cli.help_json"))
    for name in ("rename", "restore"):
        action(name)
    for name, yes in (("delete", "help_delete_yes"), ("purge", "help_yes")):
        removing = action(name)
        removing.add_argument("--yes", action="store_true", help=sentence(f"cli.{yes}"))
        removing.add_argument(
            "--set-aside", action="store_true", help=sentence("cli.help_set_aside")
        )
    export = action("export", of_one=False)
    export.add_argument("ids", metavar="ID", nargs="*", help=sentence("cli.help_export_ids"))
    export.add_argument(
        "--form", choices=EXPORT_FORMS, default="md", help=sentence("cli.help_export_form")
    )
    export.add_argument(
        "--out", type=given_path, required=True, metavar="F", help=sentence("cli.help_export_out")
    )
    action("import", of_one=False).add_argument(
        "file", type=given_path, metavar="F", help=sentence("cli.help_import_file")
    )


def _add_vault(vault: argparse.ArgumentParser, everywhere: argparse.ArgumentParser) -> None:
    actions = vault.add_subparsers(dest="vault", required=True, metavar="ACTION")

    def action(name: str) -> argparse.ArgumentParser:
        return actions.add_parser(
            name,
            help=sentence(f"cli.help_vault_{name.replace('-', '_')}"),
            parents=[everywhere],
            add_help=False,
            allow_abbrev=False,
        )

    action("status").add_argument("--json", action="store_true", help=sentence("cli.help_json"))
    for name in ("init", "unlock-test", "rotate"):
        action(name)
    for name in ("passphrase", "recovery"):
        action(name).add_argument("--remove", action="store_true", help=sentence("cli.help_remove"))
    action("keyring").add_argument(
        "keyring", choices=("add", "remove"), help=sentence("cli.help_keyring")
    )
    copies = action("copies")
    copies.add_argument(
        "--remove-set-aside", action="store_true", help=sentence("cli.help_remove_set_aside")
    )
    for parser in (copies, action("erase")):
        parser.add_argument("--yes", action="store_true", help=sentence("cli.help_yes"))
    verify = action("verify")
    verify.add_argument("--json", action="store_true", help=sentence("cli.help_json"))
    verify.add_argument("--repair", action="store_true", help=sentence("cli.help_repair"))
    restore = action("restore")
    restore.add_argument("--yes", action="store_true", help=sentence("cli.help_yes_restore"))
    restore.add_argument("--json", action="store_true", help=sentence("cli.help_json"))
    for parser in (action("backup"), restore):
        parser.add_argument(
            "file", type=given_path, metavar="F", help=sentence("cli.help_backup_file")
        )


def _print_json(plain: dict[str, Any], *, one_line: bool) -> None:
    print_json(plain, indent=None if one_line else 2)


if __name__ == "__main__":
    sys.exit(main())
