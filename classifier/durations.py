"""Lengths of time: as a person types them, and as a person says them."""

from __future__ import annotations

import re

PARTS = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def duration_seconds(text: str) -> int:
    """Seconds of a length of time such as ``2h30m``.

    Raises:
        ValueError: it is none, or nothing.

    Example:
        >>> [duration_seconds(text) for text in ("1h", "90m", "2h30m", "45s")]
        [3600, 5400, 9000, 45]
    """
    found = PARTS.fullmatch(text.strip().lower())
    hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    total = 3600 * hours + 60 * minutes + seconds
    if not total:
        raise ValueError(f"must be a length of time such as 1h, 30m or 2h30m. Got {text!r} instead")
    return total


def duration_text(seconds: float) -> str:
    """A length of time as `duration_seconds` takes it, in whole minutes from one minute on; never shorter than it is.

    Example:
        >>> [duration_text(seconds) for seconds in (3600, 9000, 61, 44.2)]
        ['1h', '2h30m', '2m', '45s']
    """
    if seconds <= 59:
        return f"{max(1, -int(-seconds // 1))}s"
    hours, minutes = divmod(-int(-seconds // 60), 60)
    return "".join(f"{count}{unit}" for count, unit in ((hours, "h"), (minutes, "m")) if count)


def time_words(seconds: float) -> str:
    """A time as a person would say it.

    Example:
        >>> [time_words(seconds) for seconds in (38, 75, 560, 9000)]
        ['40 seconds', '1 minute', '9 minutes', '2.5 hours']
    """
    if seconds < 55:
        return f"{max(10, 10 * round(seconds / 10))} seconds"
    if seconds < 90 * 60:
        minutes = round(seconds / 60)
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    return f"{seconds / 3600:.1f} hours"
