"""Fits TF-IDF on the training articles of a dataset, for a run: what the model has to beat, and is blended with."""

from __future__ import annotations

from classifier.dataset.folder import DatasetFolder
from classifier.models.run_folder import RunFolder
from classifier.models.tfidf import fit_baselines, save_baselines


def fit_run_baselines(run: RunFolder, dataset: DatasetFolder) -> None:
    """Write ``RUN/baseline``: fitted on train, its penalty chosen on validation where there is some."""
    articles = list(dataset.articles("train"))
    y = dataset.info.label_set.encode(article.labels for article in articles)
    validation = list(dataset.articles("validation")) if "validation" in dataset.splits else []
    chosen_on = validation, dataset.info.label_set.encode(article.labels for article in validation)
    save_baselines(fit_baselines(articles, y, pair=dataset.info.pair, validation=chosen_on), run.baseline)
