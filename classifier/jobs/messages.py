"""The order of what a job says: what was read comes first, then what is odd about it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PACKAGE = "classifier"


class _Waiting(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@contextmanager
def held_messages() -> Iterator[Callable[[str], None]]:
    """The package's messages wait until this block ends; what is given to the function that it yields is said before.

    Example:
        >>> with held_messages() as say_first:
        ...     logging.getLogger("classifier.articles").warning("a word for a missing value")
        ...     say_first("600 articles")
    """
    logger = logging.getLogger(PACKAGE)
    waiting, first = _Waiting(), list[str]()
    handlers, propagate = logger.handlers, logger.propagate
    logger.handlers, logger.propagate = [waiting], False
    try:
        yield first.append
    finally:
        logger.handlers, logger.propagate = handlers, propagate
        for line in first:
            logging.getLogger(__name__).info("%s", line)
        for record in waiting.records:
            logger.callHandlers(record)


@contextmanager
def unsaid() -> Iterator[None]:
    """The package's messages are not said in this block: what it does is done again, and they are said then.

    Example:
        >>> with unsaid():
        ...     logging.getLogger("classifier.articles").warning("a word for a missing value")
    """
    logger = logging.getLogger(PACKAGE)
    handlers, propagate = logger.handlers, logger.propagate
    logger.handlers, logger.propagate = [logging.NullHandler()], False
    try:
        yield
    finally:
        logger.handlers, logger.propagate = handlers, propagate
