"""Reaching the people of the safety plan: links for other programs, and a prepared message.

Nothing is sent from here. A link opens the program that calls or writes, and there the person
sends it. The message is the person's own words or fixed ones, and never what was said to us.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import Final

from desktop_app.care.safety_plan import Contact, SafetyPlan
from resources.messages import sentence

UNRESERVED: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
"""Bytes that stand for themselves in every part of a link (RFC 3986, 2.3)."""
_NUMBER: Final = re.compile(r"\+?[ (]*\d[\d ().-]*")
"""One number of a line that may say more: "138 0000 1234, evenings"."""
_ADDRESS: Final = re.compile(r"[^\s@]+@[^\s@]+")


class Way(StrEnum):
    """How somebody is reached; the key of the button under `contact`."""

    CALL = "call"
    TEXT = "text"
    EMAIL = "email"


def telephone(number: str) -> str:
    """Return the number that can be called; empty where there is no digit."""
    found = _NUMBER.search(unicodedata.normalize("NFKC", number))
    return re.sub(r"[^\d+]", "", found.group()) if found else ""


def is_address(email: str) -> bool:
    """Tell whether something can be written to it."""
    return _ADDRESS.fullmatch(email) is not None


def ways(contact: Contact) -> tuple[Way, ...]:
    """Return how a person can be reached with what is written about them."""
    calls = (Way.CALL, Way.TEXT) if telephone(contact.number) else ()
    return (*calls, Way.EMAIL) if is_address(contact.email) else calls


def message_of(plan: SafetyPlan) -> str:
    """Return what is prepared: the person's words, else a sentence that says what is needed."""
    return plan.message or sentence("contact.message")


def link(contact: Contact, way: Way, message: str) -> str:
    """Return what has a program prepared: RFC 3966 (tel), 5724 (sms), 6068 (mailto)."""
    number = telephone(contact.number)
    match way:
        case Way.CALL:
            return f"tel:{number}"
        case Way.TEXT:
            return f"sms:{number}?body={_quoted(message)}"
        case Way.EMAIL:
            subject = _quoted(sentence("contact.subject"))
            address = "@".join(map(_quoted, contact.email.split("@")))
            return f"mailto:{address}?subject={subject}&body={_quoted(message)}"


def problems(contact: Contact) -> list[str]:
    """Return the keys of what is to be said of a contact that cannot be reached as written."""
    found = []
    if contact.number and not telephone(contact.number):
        found.append("contact.number_without_digits")
    if contact.email and not is_address(contact.email):
        found.append("contact.address_without_at")
    return found


def contacts_text(plan: SafetyPlan) -> str:
    """Return the people and the message as text for a terminal; empty where there is nobody."""
    if not plan.people:
        return ""
    rows = (f"  {each.line()}" for each in plan.people)
    prepared = sentence("contact.prepared", message=message_of(plan))
    return "\n".join((sentence("contact.title"), *rows, prepared))


def _quoted(text: str) -> str:
    """Return text percent-encoded; line breaks as mail has them."""
    raw = text.replace("\n", "\r\n").encode()
    return "".join(chr(byte) if byte in UNRESERVED else f"%{byte:02X}" for byte in raw)
