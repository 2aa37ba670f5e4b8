"""`soulchat sessions search`: what was said, found by its words, which come on standard input."""

from __future__ import annotations

import argparse
from typing import Any

from desktop_app.commands.days import midnight, midnight_after
from desktop_app.commands.environment import Secrets
from desktop_app.commands.lines import read_line
from desktop_app.commands.listing import minute, printable
from desktop_app.commands.output import print_json, speak, tell
from desktop_app.commands.unlock import unlocked
from desktop_app.errors import InputError
from desktop_app.paths import Paths
from desktop_app.vault.search import Hit, Search
from resources.messages import sentence


def run_search(arguments: argparse.Namespace, paths: Paths, secrets: Secrets) -> None:
    """Do what `soulchat sessions search` asks for; the newest hit comes first.

    Raises:
        VaultError: the history cannot be opened, or there is no such conversation.
        InputError: no words came in, or what came is not UTF-8.
    """
    query = read_line(sentence("search.prompt"))
    if query is None or not query.strip():
        raise InputError("input.no_words")
    since, until = arguments.since, arguments.until
    with unlocked(paths.vault, secrets) as vault:
        if arguments.session is not None:
            vault.sessions.require(arguments.session)
        hits = vault.search.find(
            query,
            session=arguments.session,
            since=since and midnight(since),
            until=until and midnight_after(until),
        )
    if not hits:
        tell(sentence("search.nothing" if Search.holds_words(query) else "search.no_words"))
    if vault.search.cut_short:
        tell(sentence("search.only_newest", count=len(hits)))
    if vault.search.left_out:
        tell(sentence("search.left_out", count=vault.search.left_out))
    if arguments.json:
        print_json({"hits": [_plain(hit) for hit in hits]})
        return
    for hit in hits:
        title = printable(" ".join(hit.title.split()))
        speak(f"{hit.session}  {minute(hit.created)}  {title}\n    {_marked(hit)}")


def _marked(hit: Hit) -> str:
    shown, text, at = hit.excerpt, "", 0
    for begin, end in shown.marks:
        text += f"{shown.text[at:begin]}[{shown.text[begin:end]}]"
        at = end
    return printable(text + shown.text[at:])


def _plain(hit: Hit) -> dict[str, Any]:
    return {
        "session": hit.session,
        "title": hit.title,
        "turn": hit.turn,
        "role": hit.role,
        "created": hit.created.isoformat(),
        "excerpt": hit.excerpt.text,
        "marks": hit.excerpt.marks,
        "shown": hit.chosen,
    }
