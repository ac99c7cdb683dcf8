"""The names of the splits."""

from __future__ import annotations

from classifier.articles.folding import name_key

SPLITS = ("train", "validation", "test")

SPLIT_ALIASES = {
    **dict.fromkeys(("training", "trn", "train set", "training set"), "train"),
    **dict.fromkeys(("dev", "devel", "development", "val", "valid", "eval", "evaluation"), "validation"),
    **dict.fromkeys(("dev set", "development set", "validation set"), "validation"),
    **dict.fromkeys(("testing", "tst", "test set", "held out", "held-out", "heldout", "holdout"), "test"),
}


def split_name(name: str) -> str:
    """The split that a name means: one of `SPLITS`; any other name unchanged, but for case and space.

    Example:
        >>> split_name("DEV"), split_name(" Testing"), split_name("2")
        ('validation', 'test', '2')
    """
    key = name_key(name.replace("_", " "))
    return SPLIT_ALIASES.get(key, key)
