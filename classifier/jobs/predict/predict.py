"""The verb predict: labels for what a program has in memory, or for a file, given back as the same kind of table."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from classifier.arrays import Floats32
from classifier.articles.article import Article
from classifier.articles.given_texts import OnBadText, check_on_error
from classifier.articles.new_articles import ERROR, OpenedInput, Unlabelled, read_unlabelled, score_column
from classifier.articles.predicted_by import BEST_GUESS
from classifier.articles.readers.row import Row
from classifier.articles.rows import one_fault
from classifier.articles.source_names import source_key
from classifier.bars import AUTOMATIC
from classifier.config import DataConfig
from classifier.config_file import Settings, check_effect, given_settings, make_config
from classifier.errors import Fault, InputError
from classifier.jobs.in_memory import in_python_words
from classifier.jobs.predict.adapting import AskedShares, Labeller, asked_shares, make_labeller, say_changes
from classifier.jobs.predict.added import EVIDENCE, SETS, More, records
from classifier.jobs.predict.cascading import asked_route, check_beside, named, say_skipped, whole_scores
from classifier.jobs.predict.chunks import EXPLAINED, SIZES
from classifier.jobs.predict.drift import DriftCheck, check_drift_page
from classifier.jobs.predict.given_rows import GivenRows, given_rows
from classifier.jobs.predict.languages import ArticleSample, warn_of_new_languages
from classifier.jobs.predict.same_kind import AddedColumn, Values, with_columns
from classifier.jobs.source import READING_ARTICLES, WITHOUT_LABELS
from classifier.models.classifier import Classifier
from classifier.models.evidence import evidence_of
from classifier.models.fingerprint import model_name
from classifier.models.trained import Trained, open_trained
from classifier.progress import Progress
from classifier.stats.abstention import check_stored
from classifier.stats.conformal import check_stored_sets

logger = logging.getLogger(__name__)
CHUNK = SIZES[-1]  # articles that are encoded, sorted by length and labelled together
SHOWN_FAULTS = 3  # in a warning
LOAD = 'Load it from its folder: Classifier.load("runs/first")'
SCORES = "scores"  # of all labels in one cell, which are columns here
Record = dict[str, Any]


def predict(
    run: str | Path | Classifier,
    source: Any,
    targets: str | Iterable[str] | None = None,
    *,
    text: str | None = None,
    title: str | None = None,
    settings: Settings | None = None,
    device: str = "auto",
    bf16: bool | None = None,
    abstain: bool = False,
    sets: float | None = None,
    explain: bool = False,
    on_error: OnBadText = "raise",
    adapt: bool = False,
    shares: Mapping[str, float] | None = None,
    page: str | Path | None = None,
    cascade: float | None = None,
    progress: Progress = AUTOMATIC,
) -> Any:
    """Label articles, and give them back with ``label``, ``score`` and the score of each class.

    Columns are found, and texts are read, as in a file: the labels are those of `classifier.predict_files`, which
    writes them to a file.

    Args:
        run: the run or model folder, the folder of several seeds, or a `classifier.Classifier` that is loaded already.
        source: a DataFrame or Series of pandas or polars, a table of pyarrow, a ``datasets.Dataset``; a list of texts,
            of mappings, of `Article`, or of `pathlib.Path`; or the path of a file or folder (one string is a path).
        targets: the claim or headline of each text for a model of pairs, or one for all of them, where the source has
            no column for it.
        text, title: what the columns are called that hold these; short for ``data.columns.text`` and ``.title``.
        settings: ``data.columns.*`` and ``data.missing``, and for files ``data.encoding`` and ``data.sheet`` -> values,
            for reading; ``{"data.columns.text": "body"}``.
        device: ``auto`` | ``cpu`` | ``cuda`` | ``mps``.
        bf16: False for float32, whatever the training used; None = as in training.
        abstain: give no label where the score is below the threshold that ``evaluate --min-precision`` stored;
            ``best_guess`` is then what it would be.
        sets: add ``label_set``, the labels that hold the true one with this probability, as `classifier.predict_files`.
        explain: add ``evidence``, the five sentences that move the score most.
        on_error: what becomes of rows whose text is missing, empty or otherwise no text to label: ``raise`` refuses all
            | ``keep`` gives them no label (None) and no score (NaN), and says why in a column ``error``.
        adapt: adapt scores and labels to the shares of labels that these articles have, estimated from all of their
            scores, where they surely differ from validation (`classifier.stats.label_shift` says what that assumes).
        shares: label -> its share in these articles, where it is known: adapt to those.
        page: a page to write, drift.html, that compares these articles with those of training; replaces an older one.
        cascade: let articles skip the transformer on which TF-IDF alone is surely the model's answer, as
            `classifier.predict_files`; a column ``scored_by`` says which did.
        progress: told of each chunk.

    Returns:
        The same kind of table with the same rows in the same order, the same index, and the columns ``label``,
        ``score`` (of that label), ``score_<label>`` for each class, and ``predicted_by``: the model's name. A column
        of the source that has one of these names is kept as ``original_<name>``. For multi-label, ``label`` is a list.
        A list of articles gives articles with these ``labels``, and the rest in ``extra``; any other list or iterable,
        and files, give a list of mappings. Where there is no score, polars, pyarrow and `datasets` have null.

    Raises:
        InputError: the model or the source cannot be used, or rows of it cannot be labelled (all are listed).

    Example:
        >>> import pandas
        >>> frame = pandas.DataFrame({"title": ["Bridge closed"], "text": ["The council said that police closed it."]})
        >>> found = predict("runs/first", frame)
        >>> list(found)
        ['title', 'text', 'label', 'score', 'score_opinion', 'score_reporting', 'score_satire', 'predicted_by']
        >>> predict("runs/first", ["The council said on Tuesday that police closed it."])[0]["label"]
        'reporting'
    """
    check_on_error(on_error)
    check_drift_page(page, overwrite=True)
    settings = _with_names({"data.columns.text": text, "data.columns.title": title}, given_settings(settings))
    check_effect(settings, READING_ARTICLES, but=WITHOUT_LABELS)
    data = make_config({}, settings).data
    asked = asked_shares(adapt, shares)
    cascade = _agreement(run, cascade)
    beside = {"abstain": abstain, "sets": sets is not None, "adapt": adapt, "shares": bool(shares), "explain": explain}
    check_beside(cascade, beside, dashes="")
    classifier = _loaded(run, device, bf16, abstain=abstain, sets=sets, asked=asked, page=page is not None)
    route = asked_route(classifier.info, cascade, classifier.path or "RUN")
    classifier = replace(classifier, route=route)
    trained = classifier.info.columns or {}
    given = given_rows(source, data, [{**trained, **data.columns.named}.get("text") or "text"])
    with in_python_words({given.name: given.name}):
        if targets is not None:
            _check_pair(classifier)
            given = given.with_targets(targets)
        read = _read(classifier, given, data, targets=targets is not None)
        _refuse_or_say([what for _, what in read if isinstance(what, Fault)], given, on_error)
        warn_of_new_languages(classifier.info, _sample(read))
        stored = None if classifier.path is None else open_trained(classifier.path)
        model = None if stored is None else named(route, model_name(stored))
        articles = [what for _, what in read if isinstance(what, Article)]
        if asked is not None:
            asked.check_enough(len(articles))
        own, skipped = _scores(classifier, articles, progress)
        if stored is not None and articles:
            _compare(stored, classifier, articles, whole_scores(route, own), page)
        used = make_labeller(classifier, asked, own, [source_key(article.source or "") for article in articles])
        more = More(abstain, sets is not None, explain, wide=True, model=used.named(model), cascade=cascade)
        found = list(_labelled(classifier, used, read, (own, skipped), more, progress))
        say_skipped(route, sum(skipped), len(articles))
        say_changes(used, len(articles), sets=more.sets)
        return with_columns(given.table, given.kind, _columns(classifier, found, more))


def _agreement(run: str | Path | Classifier, cascade: float | None) -> float | None:
    """The agreement that is asked for, here or of `Classifier.with_cascade`."""
    given = run.route if isinstance(run, Classifier) else None
    return given.rule.agreement if cascade is None and given is not None else cascade


def _compare(
    stored: Trained, classifier: Classifier, articles: Sequence[Article], own: Floats32, page: str | Path | None
) -> None:
    """Compare the articles with those of training."""
    drift = DriftCheck(stored, classifier.info, stored.path, None if page is None else Path(page))
    drift.read(articles)
    drift.scored(own)
    drift.finish()


def _sample(read: Sequence[tuple[Row, Article | Fault]]) -> list[Article]:
    """Some of the articles, to see their languages."""
    sample = ArticleSample()
    for _, article in read:
        if isinstance(article, Article):
            sample.add(article)
    return sample.articles


def _with_names(names: Mapping[str, str | None], settings: Settings) -> Settings:
    """Settings with the names of columns that were given beside them.

    Raises:
        InputError: one was given twice, in different ways.
    """
    given = {key: name for key, name in names.items() if name is not None}
    for key, name in given.items():
        if settings.get(key, name) != name:
            word = key.rpartition(".")[2]
            raise InputError(
                f"{word}={name!r} and settings['{key}'] = {settings[key]!r} differ.", fix=f"Leave out {word}."
            )
    return {**settings, **given}


def _loaded(
    run: str | Path | Classifier,
    device: str,
    bf16: bool | None,
    *,
    abstain: bool,
    sets: float | None,
    asked: AskedShares | None,
    page: bool,
) -> Classifier:
    named: str | Path = "RUN"
    if isinstance(run, Classifier):
        if device != "auto" or bf16 is not None:
            raise InputError(
                "device and bf16 are for loading a run, and this one is loaded already.", fix="Leave them out."
            )
        classifier = run
    else:
        classifier = Classifier.load(run, device=device, bf16=bf16)
        named = "RUN" if open_trained(run, whole=False).kind == "model" else run
    if abstain:
        check_stored(classifier.info.abstention, named)
    if sets is not None:
        check_stored_sets(classifier.info.sets, sets, named, multi_label=classifier.info.multi_label)
    if asked is not None:
        asked.check(classifier.info, named, abstain=abstain)
    if page and classifier.path is None:
        raise InputError("page compares articles with those of a stored model, and this one is not stored.", fix=LOAD)
    return classifier


def _check_pair(classifier: Classifier) -> None:
    if not classifier.info.pair:
        raise InputError(
            "This model takes no targets.", fix="Leave targets out: it was trained on texts alone (classifier.json)."
        )


def _read(
    classifier: Classifier, given: GivenRows, data: DataConfig, *, targets: bool
) -> list[tuple[Row, Article | Fault]]:
    """Every row with its article, or with what is wrong with it."""
    named = {key: name for key, name in data.columns.named.items() if name}
    if given.text is not None:
        named = {"text": given.text, **named}
    if targets:
        named = {**named, "target": "target"}
    read = read_unlabelled(
        [OpenedInput(given.name, lambda: iter(given.rows))],
        named,
        pair=classifier.info.pair,
        trained=classifier.info.columns or {},
        missing=data.missing,
        date_format=classifier.info.date_format,
    )
    return [(row, _one(what, row)) for row, what in read]


def _one(what: Unlabelled, row: Row) -> Article | Fault:
    return one_fault(what, row) if isinstance(what, list) else what


def _refuse_or_say(faults: Sequence[Fault], given: GivenRows, on_error: OnBadText) -> None:
    if not faults:
        return
    many = "row" if len(faults) == 1 else "rows"
    what = f"{len(faults):,} {many} of {given.name} ({len(given.rows):,} in all) cannot be labelled"
    if on_error == "raise":
        fix = 'Mend them or leave them out; or keep them without a label: on_error="keep"'
        raise InputError(f"{what}.", faults=faults, fix=fix)
    shown = "; ".join(map(str, faults[:SHOWN_FAULTS])) + ("; …" if len(faults) > SHOWN_FAULTS else "")
    logger.warning("%s: they have no label, and the column '%s' says why (%s)", what, ERROR, shown)


def _scores(classifier: Classifier, articles: Sequence[Article], progress: Progress) -> tuple[Floats32, list[bool]]:
    """The model's own scores of all articles, and which of these skipped the transformer."""
    found, skipped = [np.zeros((0, len(classifier.info.labels)), dtype=np.float32)], list[bool]()
    with progress.task("predicting", len(articles)) as task:
        for start in range(0, len(articles), CHUNK):
            proba, alone = classifier.predict_routed(articles[start : start + CHUNK], task)
            found.append(proba)
            skipped += [False] * len(proba) if alone is None else alone.tolist()
    return np.concatenate(found), skipped


def _labelled(
    classifier: Classifier,
    used: Labeller,
    read: Sequence[tuple[Row, Article | Fault]],
    scored: tuple[Floats32, list[bool]],
    more: More,
    progress: Progress,
) -> Iterator[Record]:
    """What is added to each row, in order; ``scored`` is what `_scores` says of the articles."""
    rows, done, (own, skipped) = iter(read), 0, scored
    predictor = classifier.deciding_like(used.decider)
    with progress.task("explaining" if more.explain else "labelling", len(own)) as task:
        while chunk := list(islice(rows, EXPLAINED[0] if more.explain else CHUNK)):
            articles = [what for _, what in chunk if isinstance(what, Article)]
            ours = slice(done, done + len(articles))
            mine, paths, done = own[ours], skipped[ours], ours.stop
            proba, inside = used.scores(mine), used.inside(mine) if more.sets else None
            evidence = evidence_of(predictor, articles, proba, task) if more.explain and articles else None
            if not more.explain:
                task.advance(len(articles), 0)
            places = [Row(article.where, {}) for article in articles]
            found = iter(records(places, proba, predictor, evidence, more, inside=inside, skipped=paths))
            for _, what in chunk:
                yield next(found) if isinstance(what, Article) else {ERROR: what.what}


def _columns(classifier: Classifier, found: Sequence[Record], more: More) -> list[AddedColumn]:
    """The columns that are added, in their order; the score of each class has its own."""
    labels, failed = classifier.info.labels, any(record.get(ERROR) for record in found)
    label: Values = "texts" if classifier.info.multi_label and classifier.info.label_separator is None else "text"
    kinds: dict[str, Values] = {
        "label": label,
        BEST_GUESS: label,
        "score": "number",
        SETS: "texts",
        EVIDENCE: "any",
        **{score_column(name): "number" for name in labels},
    }
    return [
        AddedColumn(name, kinds.get(name, "text"), [record.get(name) for record in found])
        for name in more.columns(labels, failed=failed)
        if name != SCORES
    ]
