from __future__ import annotations

from desktop_app.engine.sampling import PAPER, Sampling, sampling_from

OFF = {"dry_multiplier": 0.0}


def test_a_models_table_sets_what_it_names_and_leaves_the_rest() -> None:
    sampling = sampling_from({"temperature": 0.5, "top_k": 7, **OFF})

    assert sampling == Sampling(temperature=0.5, top_k=7)


def test_a_model_that_says_nothing_of_repetition_is_kept_from_it() -> None:
    """Nobody writes a manifest for a file of their own, and few makers of models think of it."""
    assert sampling_from({}).dry_multiplier > 0
    assert sampling_from({"temperature": 0.5}).dry_multiplier > 0
    assert PAPER.dry_multiplier > 0
    assert sampling_from({"repeat_penalty": 1.05}).dry_multiplier == 0
    assert sampling_from(OFF) == Sampling()


def test_whole_numbers_stay_whole_however_json_wrote_them() -> None:
    assert repr(sampling_from({"top_k": 7.0}).top_k) == "7"


def test_values_of_a_later_version_are_passed_over() -> None:
    assert sampling_from({"mirostat_tau": 5.0}) == sampling_from({})


def test_greedy_keeps_the_penalties() -> None:
    greedy = Sampling(temperature=0.9, repeat_penalty=1.2).greedy()

    assert (greedy.temperature, greedy.repeat_penalty) == (0.0, 1.2)
