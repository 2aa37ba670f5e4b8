"""What lies beside the model that ships: its card, its conversations, and who read them."""

from __future__ import annotations

import json
from importlib import resources

FOLDER = resources.files("resources").joinpath("models")


def test_the_faults_were_read_in_the_conversations_of_this_very_model() -> None:
    manifest = json.loads(FOLDER.joinpath("model.json").read_text("utf-8"))
    faults = FOLDER.joinpath("faults.md").read_text("utf-8")
    assert manifest["sha256"] in faults.splitlines()[0]


def test_thirty_conversations_of_three_turns_stand_beside_the_card() -> None:
    talks = FOLDER.joinpath("conversations.md").read_text("utf-8")
    assert (talks.count("\n## "), talks.count("\n> ")) == (30, 90)


def test_the_card_says_that_it_is_a_demonstration_and_names_the_authors() -> None:
    card = FOLDER.joinpath("MODEL_CARD.md").read_text("utf-8")
    for words in ("不是心理支持服务", "not a support service", "CC BY 4.0", "Chenhao Zhang"):
        assert words in card


def test_the_model_fits_into_the_repository() -> None:
    manifest = json.loads(FOLDER.joinpath("model.json").read_text("utf-8"))
    assert manifest["bytes"] <= 24_000_000
