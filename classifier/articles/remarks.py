"""What is suspicious in the cells of a table: counted while its rows are read, and said once at the end."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field

from classifier.articles.missing import MissingWords
from classifier.errors import counted

logger = logging.getLogger(__name__)
NAMED = 4  # words of a column that a warning names
NULL, EMPTY, EMPTY_LIST = "null", "an empty cell", "an empty list or no mark"  # cells without a label
SHOWN = 40  # characters of a value in a warning


@dataclass
class Noted:
    """How often something occurs, and the first time: memory does not grow with the rows.

    Attributes:
        count: how often.
        where: the place of the first.
        text: what stands there.
    """

    count: int = 0
    where: str = ""
    text: str = ""

    def add(self, where: str, text: str) -> None:
        """Count one more."""
        if not self.count:
            self.where, self.text = where, text
        self.count += 1


@dataclass
class Remarks:
    """Counts of what is suspicious.

    Attributes:
        missing: (column, word that stands for a missing value) -> cells.
        classes: (column, label that may stand for a missing one) -> cells.
        number_texts: texts that are a number alone.
        wordless: texts of punctuation alone.
        cut_off: ends of texts, where they note how much is left out.
        misread: letters of texts that are UTF-8 read as another encoding.
        made_up: ids that were made up beside given ones.
        labelled: articles whose label cell was read, where an article may have several labels.
        without: how a cell without a label looks -> articles.
    """

    missing: Counter[tuple[str, str]] = field(default_factory=Counter)
    classes: Counter[tuple[str, str]] = field(default_factory=Counter)
    number_texts: Noted = field(default_factory=Noted)
    wordless: Noted = field(default_factory=Noted)
    cut_off: Noted = field(default_factory=Noted)
    misread: Noted = field(default_factory=Noted)
    made_up: Noted = field(default_factory=Noted)
    labelled: int = 0
    without: Counter[str] = field(default_factory=Counter)

    def say(self, file: str, words: MissingWords, *, kept: bool = False) -> None:
        """Log a warning for each kind that occurs.

        Args:
            file: name of the table.
            words: that stand for a missing value.
            kept: whether rows are labelled as they are, so that an output has their ids alone.
        """
        if self.missing:
            logger.warning(
                "%s: words that count as a missing value: %s (data.missing names the words; [] is none)",
                file,
                _by_column(self.missing),
            )
        if self.classes:
            logger.warning(
                "%s: a label that may mean that there is none: %s. It is a class; if it means missing: %s",
                file,
                _by_column(self.classes),
                words.with_more(word.casefold() for _, word in self.classes),
            )
        if self.made_up.count:
            logger.warning(
                "%s: %s no id%s",
                file,
                counted(self.made_up.count, "row has", "rows have"),
                f", such as {self.made_up.where}"
                if kept
                else f" and got one that no other has, such as '{self.made_up.text}'",
            )
        if self.without:
            level = logging.WARNING if NULL in self.without else logging.INFO
            logger.log(
                level,
                "%s: %s of %s articles have no label: %s. A model learns that no label fits them; leave out those that "
                "nobody has labelled yet",
                file,
                f"{self.without.total():,}",
                f"{self.labelled:,}",
                ", ".join(f"{kind} ({n:,} ×)" for kind, n in self.without.most_common()),
            )
        if self.misread.count:
            logger.warning(
                "%s: %s garbled, such as '%s' in %s: UTF-8 was read as another encoding. Write it again in UTF-8 alone",
                file,
                counted(self.misread.count, "text is", "texts are"),
                self.misread.text,
                self.misread.where,
            )
        kinds = {
            ("is a number alone", "are a number alone"): self.number_texts,
            ("holds no word", "hold no word"): self.wordless,
            ("is the beginning of an article only", "are the beginning of an article only"): self.cut_off,
        }
        for (one, several), found in kinds.items():
            if found.count:
                what, text = counted(found.count, f"text {one}", f"texts {several}"), found.text[:SHOWN]
                logger.warning("%s: %s, such as '%s' in %s", file, what, text, found.where)


def _by_column(counts: Counter[tuple[str, str]]) -> str:
    """Such as ``label 'nan' (4 ×), 'NULL' (1 ×); title 'nan' (60 ×)``."""
    columns: dict[str, list[str]] = {}
    for (column, word), n in counts.most_common():
        columns.setdefault(column, []).append(f"'{word}' ({n:,} ×)")
    return "; ".join(
        f"{column} {', '.join(words[:NAMED])}" + (f" and {len(words) - NAMED:,} more" if len(words) > NAMED else "")
        for column, words in columns.items()
    )
