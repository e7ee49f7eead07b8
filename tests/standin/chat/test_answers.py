"""The words of chat answers."""

from __future__ import annotations

from local.standin.endpoints.chat.answers import Answer, Message, answer_to, count_tokens, cut

TALK = [
    Message("system", "be brief"),
    Message("user", "I am called Li"),
    Message("assistant", "hello Li"),
    Message("user", "what am I called?"),
]


def test_an_answer_quotes_the_last_message() -> None:
    assert "what am I called?" in answer_to(TALK)


def test_an_answer_remembers_the_first_message() -> None:
    assert "This is turn 2; you began with “I am called Li”." in answer_to(TALK)


def test_an_answer_remembers_the_previous_answer() -> None:
    assert "hello Li" in answer_to(TALK)


def test_an_answer_remembers_the_instruction() -> None:
    assert "be brief" in answer_to(TALK)


def test_an_answer_is_the_same_each_time() -> None:
    assert answer_to(TALK) == answer_to(TALK)


def test_count_tokens_counts_chinese_by_character() -> None:
    assert count_tokens("你好, world") == 4


def test_cut_ends_at_a_stop_word() -> None:
    assert cut("one two three", ["three", "two"], 100) == Answer("one ", "stop")


def test_cut_keeps_to_the_number_of_tokens() -> None:
    assert cut("one two three", [], 2) == Answer("one two", "length")


def test_cut_leaves_what_is_short_enough() -> None:
    assert cut("one two three", [], 3) == Answer("one two three", "stop")
