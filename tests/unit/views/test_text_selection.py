from __future__ import annotations

from desktop_app.views.text_selection import Place, Span, TextSelection


def test_within_one_message_the_span_is_what_lies_between() -> None:
    assert TextSelection(Place(3, 2), Place(3, 7)).spans() == {3: Span(2, 7)}


def test_over_messages_the_inner_ones_are_whole() -> None:
    spans = TextSelection(Place(1, 4), Place(3, 2)).spans()
    assert spans == {1: Span(4, None), 2: Span(0, None), 3: Span(0, 2)}


def test_the_direction_of_selecting_does_not_matter() -> None:
    there, back = Place(1, 4), Place(2, 2)
    assert TextSelection(there, back).spans() == TextSelection(back, there).spans()
