"""The recovery code: 160 random bits as letters a person can copy from paper.

    3K7M-QX0P-…-9V2A-7D      eight groups of four letters, five bits each, and two to check them

The letters are Crockford's base 32 (crockford.com/base32.html), which has no I, L, O and U: what
is typed for 1 and 0 is read as meant. The check is the number modulo 1021, the largest prime below
32 × 32, so that every single wrong letter and every two letters swapped are found, and a slip of
the hand is told from the code of another history.
"""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass, field
from typing import Final, Self

from desktop_app.vault.errors import RecoveryCodeSlipError

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
READ_AS: Final = str.maketrans("OIL", "011")
GROUP: Final = 4
LETTERS: Final = 32
CHECK_LETTERS: Final = 2
BITS: Final = 5 * LETTERS
PRIME: Final = 1021


@dataclass(frozen=True, slots=True)
class RecoveryCode:
    """A code as it is meant, however it was typed."""

    letters: str = field(repr=False)
    """The 32 letters that count, without the check."""

    @classmethod
    def new(cls) -> Self:
        """Return a random code."""
        return cls(_letters(secrets.randbits(BITS), LETTERS))

    @classmethod
    def read(cls, typed: str) -> Self:
        """Return the code that was typed: any case, O for 0, I or L for 1.

        What is neither a letter nor a digit does not count: a paste brings along what stands
        between the groups elsewhere, seen or not.

        Raises:
            RecoveryCodeSlipError: a letter is missing, too many or wrong.
        """
        normal = unicodedata.normalize("NFKC", typed).upper().translate(READ_AS)
        letters = "".join(filter(str.isalnum, normal))
        if len(letters) != LETTERS + CHECK_LETTERS:
            raise RecoveryCodeSlipError(
                "vault.recovery_length", found=len(letters), wanted=LETTERS + CHECK_LETTERS
            )
        code = cls(letters[:LETTERS])
        if not set(letters) <= set(ALPHABET) or letters[LETTERS:] != code.check:
            raise RecoveryCodeSlipError("vault.recovery_slip")
        return code

    @property
    def check(self) -> str:
        """The two letters that follow."""
        number = 0
        for letter in self.letters:
            number = number * len(ALPHABET) + ALPHABET.index(letter)
        return _letters(number % PRIME, CHECK_LETTERS)

    @property
    def groups(self) -> tuple[str, ...]:
        """The code as it stands on paper."""
        written = self.letters + self.check
        return tuple(written[at : at + GROUP] for at in range(0, len(written), GROUP))

    def text(self) -> str:
        """Return the groups as one line."""
        return "-".join(self.groups)


def _letters(number: int, count: int) -> str:
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(count)))
