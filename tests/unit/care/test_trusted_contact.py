"""Whom a person trusts: how they are reached, and what is prepared to be sent to them."""

from __future__ import annotations

import urllib.parse

import pytest

from desktop_app.care.safety_plan import Contact, SafetyPlan, as_written, from_json
from desktop_app.care.trusted_contact import (
    Way,
    contacts_text,
    link,
    message_of,
    problems,
    telephone,
    ways,
)
from resources.messages import LANGUAGES, Language, choose_language, sentence

LIN = Contact("小林", "136 0000 1111", "lin+home@example.org")
WORDS = "我很难受 & 害怕。\n100% 需要你"


@pytest.mark.parametrize(
    ("written", "called"),
    [
        ("136 0000 1111", "13600001111"),
        ("+86 (21) 6289-0000", "+862162890000"),
        ("晚上打 136-0000-1111", "13600001111"),
        ("13600001111/13900002222", "13600001111"),
        ("１３６００００１１１１", "13600001111"),
        ("在隔壁", ""),
        ("", ""),
    ],
)
def test_a_number_is_called_however_it_is_written(written: str, called: str) -> None:
    assert telephone(written) == called


def test_each_is_reached_by_what_is_written_about_them() -> None:
    assert ways(LIN) == (Way.CALL, Way.TEXT, Way.EMAIL)
    assert ways(Contact("小林", email="lin@example.org")) == (Way.EMAIL,)
    assert ways(Contact("小林", "在隔壁", "lin.example.org")) == ()


def test_no_sign_of_the_words_can_be_taken_for_a_part_of_the_link() -> None:
    assert link(LIN, Way.CALL, WORDS) == "tel:13600001111"
    number, _, body = link(LIN, Way.TEXT, WORDS).partition("?body=")
    assert number == "sms:13600001111"
    assert set(body) <= set("%0123456789ABCDEF")
    assert urllib.parse.unquote(body) == WORDS.replace("\n", "\r\n")


def test_a_mail_has_subject_and_body_percent_encoded() -> None:
    made = urllib.parse.urlsplit(link(LIN, Way.EMAIL, WORDS))
    fields = urllib.parse.parse_qs(made.query, strict_parsing=True)

    assert made.scheme == "mailto"
    assert urllib.parse.unquote(made.path) == LIN.email
    assert "+" not in made.path
    assert fields == {
        "subject": [sentence("contact.subject")],
        "body": [WORDS.replace("\n", "\r\n")],
    }


def test_an_address_cannot_add_a_field_of_its_own() -> None:
    sly = Contact("小林", email="lin@example.org?bcc=other@example.org")

    assert ways(sly) == ()
    assert "?bcc" not in link(Contact(email="lin@example.org?bcc=x"), Way.EMAIL, "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_are_the_persons_own_or_a_sentence_of_the_program(language: Language) -> None:
    choose_language(language)

    assert message_of(SafetyPlan(message="来陪我")) == "来陪我"
    assert message_of(SafetyPlan(signs="整夜睡不着")) == sentence("contact.message")


@pytest.mark.parametrize(
    ("contact", "said"),
    [
        (LIN, []),
        (Contact("小林"), []),
        (Contact("小林", "在隔壁"), ["contact.number_without_digits"]),
        (Contact("小林", "138", "lin.example.org"), ["contact.address_without_at"]),
        (
            Contact("小林", "无", "@"),
            ["contact.number_without_digits", "contact.address_without_at"],
        ),
    ],
)
def test_what_is_of_no_use_is_named(contact: Contact, said: list[str]) -> None:
    assert problems(contact) == said


def test_address_and_words_are_kept_with_the_plan() -> None:
    plan = SafetyPlan(people=(LIN,), message=WORDS)

    assert from_json(plan.as_json()) == plan
    assert not plan.empty
    assert "lin" not in repr(plan)


def test_a_plan_of_before_is_read_and_has_neither() -> None:
    plan = from_json('{"people": [{"name": "小林", "number": "138"}]}')

    assert plan == as_written({"people": [("小林", "138")]})
    assert plan.message == ""


def test_the_terminal_shows_people_and_words_and_nothing_without_people() -> None:
    text = contacts_text(SafetyPlan(people=(LIN,), message="来陪我"))

    assert LIN.line() in text
    assert "来陪我" in text
    assert contacts_text(SafetyPlan(message="来陪我")) == ""
