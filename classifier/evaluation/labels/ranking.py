"""What speaks against the label of each article: out-of-fold models, duplicates with other labels, no neighbours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from classifier.arrays import Ints
from classifier.articles.article import Article
from classifier.articles.labels import LabelSet
from classifier.errors import InputError
from classifier.evaluation.labels.issues import LabelQuality, joint, judge_labels, noise_interval, outliers
from classifier.evaluation.labels.out_of_fold import OutOfFold
from classifier.summary import Summarised

LABEL_ISSUE, CONFLICT, OUTLIER, NOT_JUDGED = "label_issue", "conflicting_duplicate", "outlier", "not_judged"
"""Reasons: what speaks against an article; a label that no other fold has cannot be judged."""


@dataclass(frozen=True)
class RankedArticle:
    """One article of the audit.

    Attributes:
        article: the article, with its given labels.
        suggested: the labels that the models suggest; with several labels per article the given ones, in which each
            doubtful label is added or removed.
        quality: of the given labels, 0 (surely wrong) to 1; None where it could not be judged.
        suggested_score: probability of the suggested label; None with several labels per article.
        reasons: `LABEL_ISSUE`, `CONFLICT`, `OUTLIER` and `NOT_JUDGED` where they apply.
        conflicts_with: ids of (nearly) equal articles with other labels.
    """

    article: Article
    suggested: tuple[str, ...]
    quality: float | None
    suggested_score: float | None
    reasons: tuple[str, ...]
    conflicts_with: tuple[str, ...] = ()

    @property
    def doubtful(self) -> bool:
        """Whether anything speaks against its labels."""
        return bool(set(self.reasons) - {NOT_JUDGED})


@dataclass(frozen=True)
class Audit(Summarised):
    """What an audit found.

    Attributes:
        labels: of the dataset.
        method: where the probabilities come from.
        findings: all articles, those with reasons first, and the more doubtful before the others.
        noise: share of articles with a wrong label and its 95% interval; too high where labels are hard to tell.
        agreement: share of articles whose given label the models, too, would give.
        joint: with one label per article the estimated joint distribution of given (rows) and true labels.
    """

    labels: LabelSet
    method: str
    findings: tuple[RankedArticle, ...]
    noise: tuple[float, float, float]
    agreement: float
    joint: tuple[tuple[float, ...], ...] | None

    def count(self, reason: str) -> int:
        """How many articles have a reason."""
        return sum(reason in finding.reasons for finding in self.findings)

    @property
    def doubtful(self) -> list[RankedArticle]:
        """The articles that anything speaks against, the most doubtful first."""
        return [finding for finding in self.findings if finding.doubtful]

    @property
    def unlearnt(self) -> tuple[str, ...]:
        """Labels most of whose articles are label issues: models cannot recognise them, often because they are rare."""
        given = Counter(name for finding in self.findings for name in finding.article.labels)
        issues = [finding for finding in self.findings if LABEL_ISSUE in finding.reasons]
        doubted = Counter(name for finding in issues for name in set(finding.article.labels) - set(finding.suggested))
        return tuple(name for name in self.labels.names if doubted[name] > given[name] / 2)


def find_issues(
    articles: Sequence[Article],
    labels: LabelSet,
    unit: Ints,
    found: OutOfFold,
    *,
    vectors: npt.NDArray[np.float32] | None = None,
    conflicts: Mapping[str, Sequence[str]] | None = None,
) -> Audit:
    """Rank articles by what speaks against their labels.

    Args:
        articles: with their given labels.
        labels: of the task.
        unit: of each article, as in ``splits.parquet``; intervals resample units.
        found: what models that did not see them say.
        vectors: mean vectors, among which outliers are looked for; None = they are not.
        conflicts: id -> ids of (nearly) equal articles with other labels.
    """
    y = labels.encode(article.labels for article in articles)
    rows = np.flatnonzero(found.judged)
    if not len(rows):
        raise InputError("No article can be judged: each label stands in one unit only.", fix="Add articles.")
    judged = judge_labels(y[rows], found.proba[rows])
    strange = np.zeros(len(articles), dtype=bool) if vectors is None else outliers(vectors)[1]
    at = {int(row): place for place, row in enumerate(rows)}
    suggested = labels.decode(judged.suggested)
    findings = []
    for row, article in enumerate(articles):
        others = tuple((conflicts or {}).get(article.id, ()))
        reasons = [(LABEL_ISSUE, row in at and bool(judged.issue[at[row]])), (CONFLICT, bool(others))]
        reasons += [(OUTLIER, bool(strange[row])), (NOT_JUDGED, row not in at)]
        finding = RankedArticle(
            article, article.labels, None, None, tuple(name for name, is_so in reasons if is_so), others
        )
        if row in at:
            quality = float(judged.quality[at[row]])
            score = None if labels.multi_label else float(found.proba[row].max())
            finding = replace(finding, suggested=suggested[at[row]], quality=quality, suggested_score=score)
        findings.append(finding)
    estimate = None
    if not labels.multi_label:
        estimate = tuple(tuple(round(value, 5) for value in row) for row in joint(y[rows], found.proba[rows]).tolist())
    noise = noise_interval(y[rows], found.proba[rows], unit[rows])
    return Audit(labels, found.method, tuple(sorted(findings, key=_rank)), noise, _agreement(y[rows], judged), estimate)


def _rank(finding: RankedArticle) -> tuple[int, float]:
    """What is doubtful first, the lowest quality before the others; what could not be judged last."""
    order = 0 if finding.doubtful else 2 if NOT_JUDGED in finding.reasons else 1
    return order, 1.0 if finding.quality is None else finding.quality


def _agreement(y: Ints, judged: LabelQuality) -> float:
    if y.ndim == 1:
        return float((judged.suggested == y).mean())
    return 1 - float(judged.issue.mean())
