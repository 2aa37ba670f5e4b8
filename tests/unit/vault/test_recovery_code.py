"""A recovery code survives paper and hand: what is forgiven, and what is told from a wrong code."""

from __future__ import annotations

import itertools
import re

import pytest

from desktop_app.vault.errors import RecoveryCodeSlipError
from desktop_app.vault.recovery_code import ALPHABET, RecoveryCode

CODE = RecoveryCode("01AB" * 8)


def test_it_is_eight_groups_of_four_and_two_letters_to_check() -> None:
    code = RecoveryCode.new()

    assert re.fullmatch(f"([{ALPHABET}]{{4}}-){{8}}[{ALPHABET}]{{2}}", code.text())
    assert RecoveryCode.read(code.text()) == code


def test_no_two_are_alike_and_every_letter_comes_at_every_place() -> None:
    codes = [RecoveryCode.new().letters for _ in range(2000)]

    assert len(set(codes)) == 2000
    assert all(len(set(letters)) == 32 for letters in zip(*codes, strict=True))


@pytest.mark.parametrize("between", ["\u00ad", "\u200b", "\u2212", "\ufeff", ".", "_", "·", "|"])
def test_a_paste_may_bring_along_any_sign_between_the_groups(between: str) -> None:
    assert RecoveryCode.read(CODE.text().replace("-", between)) == CODE


@pytest.mark.parametrize(
    "typed",
    [
        CODE.text().lower(),
        CODE.text().replace("-", ""),
        CODE.text().replace("-", " – "),
        CODE.text().replace("0", "O").replace("1", "I"),
        CODE.text().replace("0", "o").replace("1", "l"),
        "\t" + CODE.text().replace("-", "\u3000") + "\r\n",
        CODE.text().translate({ord(c): ord(c) + 0xFEE0 for c in ALPHABET + "-"}),
    ],
    ids=["lower case", "no hyphens", "dashes", "O and I", "o and l", "blanks", "full width"],
)
def test_what_a_person_types_is_read_as_meant(typed: str) -> None:
    assert RecoveryCode.read(typed) == CODE


def test_every_wrong_letter_is_a_slip() -> None:
    written = RecoveryCode.new().text().replace("-", "")
    for place, letter in itertools.product(range(len(written)), ALPHABET):
        typed = written[:place] + letter + written[place + 1 :]
        if typed != written:
            with pytest.raises(RecoveryCodeSlipError):
                RecoveryCode.read(typed)


def test_every_two_letters_swapped_are_a_slip() -> None:
    code = RecoveryCode.new()
    for one, other in itertools.combinations(range(32), 2):
        letters = list(code.letters)
        letters[one], letters[other] = letters[other], letters[one]
        if letters != list(code.letters):
            with pytest.raises(RecoveryCodeSlipError):
                RecoveryCode.read("".join(letters) + code.check)


@pytest.mark.parametrize("typed", ["", "-", CODE.text()[:-1], CODE.text() + "0", "苹果" * 17, "\0"])
def test_what_is_no_code_is_a_slip(typed: str) -> None:
    with pytest.raises(RecoveryCodeSlipError):
        RecoveryCode.read(typed)


def test_a_missing_letter_is_counted() -> None:
    with pytest.raises(RecoveryCodeSlipError, match=r"34.*33"):
        RecoveryCode.read(CODE.text()[:-1])


def test_no_letter_stands_in_repr() -> None:
    assert CODE.letters not in repr(CODE)
