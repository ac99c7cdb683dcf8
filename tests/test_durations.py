"""Lengths of time as they are typed."""

import pytest

from classifier.durations import duration_seconds, duration_text, time_words


@pytest.mark.parametrize(
    ("text", "seconds"), [("1h", 3600), (" 30M ", 1800), ("2h30m", 9000), ("1h1m1s", 3661), ("120m", 7200)]
)
def test_hours_minutes_and_seconds(text: str, seconds: int) -> None:
    assert duration_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "h", "1", "60", "1.5h", "30m1h", "-1h", "1 h", "0m", "one hour", "1d"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="such as 1h, 30m or 2h30m"):
        duration_seconds(text)


@pytest.mark.parametrize("seconds", [0.2, 1, 59, 59.5, 60, 61, 3599, 3600, 3601, 9000, 86_399])
def test_a_written_one_is_read_again_and_never_shorter(seconds: float) -> None:
    assert 0 <= duration_seconds(duration_text(seconds)) - seconds < 61


def test_words_are_rounded() -> None:
    assert [time_words(seconds) for seconds in (1, 60, 5399, 5400)] == [
        "10 seconds",
        "1 minute",
        "90 minutes",
        "1.5 hours",
    ]
