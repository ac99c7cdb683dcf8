"""Other shares of labels than in training: how many articles of each label a corpus has, and scores that allow for it.

A calibrated score takes the shares of the validation articles for granted. Where a corpus has others, every score is
off, and so are labels that are decided by scores. If only the shares differ, and an article of a label is like those of
validation (*label shift*), the odds of each label are those of validation times the ratio of its two shares. Which
shares the corpus has is found from the scores of all of its articles, without a label: the shares under which these
scores are most likely (EM: Saerens, Latinne and Decaestecker, Neural Computation 14, 2002). Scores must be calibrated
for that, with an offset for each class (Alexandari, Kundaje and Shrikumar, ICML 2020, arXiv:1901.06852), as those of
`classifier.stats.calibration` are.

- The shares that scores take for granted are the mean scores of the validation articles. They are not those of the
  training labels: a model trained with ``class_weight = "balanced"`` weighs classes alike, calibration brings
  validation's shares back, and where validation is small its offsets are shrunk, so that the two differ a little.
- A few articles show little: shares found on them alone run away. Made-up articles with the shares of validation join
  those of the corpus (a Dirichlet prior: Ye, Tsuchida, Petersson and Barnes, WACV 2024), `STRENGTH` times 1 + the
  corpus' articles per validation article: calibration by few articles leaves doubts that no large corpus removes.
- Intervals draw both again: the articles of the corpus, and those of validation, with the calibration that follows
  from them, by one Newton step from the one that was found.
- Whether there is a shift at all is tested by the scores of both sets of articles, as in Lipton, Wang and Smola (ICML
  2018, arXiv:1802.03916), here by random permutations of a distance like Hotelling's T² between the mean scores. Where
  both name their sources, whole sources change places: articles of one source are alike.

Any other difference between the articles (covariate shift: new sources, topics, years) moves the scores too. Then the
shares that are found are wrong, and so is their interval. One thing can be tested: if only shares differ, the scores of
the corpus are a mixture of those that validation's articles of each label have. Their means, and those of their
squares, are compared with the mixture's, as overidentification is tested (Hansen, Econometrica 50, 1982), the spread by
the bootstrap, and no surer than the rarest label of validation allows (F instead of chi-squared). Where they do not
fit, label shift is contradicted. Where they fit, it is still not shown.
"""

from __future__ import annotations

from classifier.stats.label_shift.share_shift import (
    FEWEST,
    FEWEST_OF_LABEL,
    FEWEST_VALIDATION,
    LEVEL,
    ShareShift,
    find_shift,
)
from classifier.stats.label_shift.shares import adapted, estimate, with_shares
from classifier.stats.label_shift.validation import ValidationScores, validation_scores

__all__ = [
    "FEWEST",
    "FEWEST_OF_LABEL",
    "FEWEST_VALIDATION",
    "LEVEL",
    "ShareShift",
    "ValidationScores",
    "adapted",
    "estimate",
    "find_shift",
    "validation_scores",
    "with_shares",
]
