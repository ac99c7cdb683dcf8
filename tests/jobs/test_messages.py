import logging

import pytest

from classifier.jobs.messages import held_messages

logger = logging.getLogger("classifier.articles.rows")


def test_what_is_said_first_comes_before_what_was_said_meanwhile(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    before = logging.getLogger("classifier").handlers
    with held_messages() as say_first:
        logger.warning("%s is odd", "a word")
        assert not caplog.messages
        say_first("600 articles, 100% read")
    logger.warning("later")
    assert caplog.messages == ["600 articles, 100% read", "a word is odd", "later"]
    assert logging.getLogger("classifier").handlers is before


def test_messages_are_not_lost_where_reading_fails(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ValueError, match="no such column"), held_messages():
        logger.warning("odd")
        raise ValueError("no such column")
    assert caplog.messages == ["odd"]
