"""Names of sources that may mean one: listed, since a source under two names may stand in two splits."""

from __future__ import annotations

import logging

import numpy as np

from classifier.articles.folding import visible
from classifier.articles.source_names import near_names
from classifier.dataset.consistency import ConsistentCorpus
from classifier.dataset.units import as_name
from classifier.errors import counted, names

logger = logging.getLogger(__name__)
SHOWN = 3  # sources that a warning lists
SPELLINGS = 4  # of one


def say_near_sources(consistent: ConsistentCorpus) -> None:
    """Warn of names of sources that differ by an article, marks or the ending of a site alone."""
    column = consistent.corpus.index.columns["source"]
    given = [name for row in np.flatnonzero(consistent.kept) if (name := as_name(column[row])).strip()]
    found = near_names(given)
    if not found:
        return
    listed = "; ".join(names(visible(name) for name in group[:SPELLINGS]) for group in found[:SHOWN])
    more = f"; and {len(found) - SHOWN:,} more" if len(found) > SHOWN else ""
    logger.warning(
        "%s may stand under several names, which count as different sources: %s%s. Where they are one, write "
        "one name in the column of sources",
        counted(len(found), "source"),
        listed,
        more,
    )
