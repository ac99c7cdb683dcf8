"""From whom the models of a record learned besides true labels: each fold may have a teacher of its own."""

from __future__ import annotations

from collections.abc import Sequence

from classifier.errors import counted
from classifier.models.model_folder import Distilled


def teacher_names(lessons: Sequence[Distilled]) -> list[str]:
    """The teachers, each once; none where the models were their own first trainings.

    Example:
        >>> teacher_names([Distilled("fold-01 (ab)", 9, 0.5, 1.0), Distilled("fold-02 (cd)", 8, 0.5, 1.0)])
        ['fold-01 (ab)', 'fold-02 (cd)']
    """
    return list(dict.fromkeys(one.teacher for one in lessons if one.teacher is not None))


def unlabelled_words(lessons: Sequence[Distilled]) -> str:
    """How many unlabelled articles the teachers scored, as the end of a list; empty where there were none.

    Example:
        >>> unlabelled_words([Distilled(None, 1200, 0.5, 1.0)])
        ' and 1,200 unlabelled articles'
        >>> unlabelled_words([Distilled("a", 9, 0.5, 1.0), Distilled("b", 8, 0.5, 1.0)])
        ' and 8 to 9 unlabelled articles'
    """
    least, most = (choose(one.unlabelled for one in lessons) for choose in (min, max))
    if not most:
        return ""
    return f" and {f'{least:,} to ' if least < most else ''}{counted(most, 'unlabelled article')}"
