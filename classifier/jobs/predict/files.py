"""Labels for new articles: files, folders or standard input in; the same records with label and scores out."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache, partial
from pathlib import Path
from typing import TextIO

from classifier._version import __version__
from classifier.articles.readers.patterns import matching_names
from classifier.articles.writers import check_extension, check_writable, one_output
from classifier.bars import AUTOMATIC
from classifier.config_file import Settings, check_effect, given_settings, make_config
from classifier.jobs.predict.adapting import asked_shares
from classifier.jobs.predict.added import More
from classifier.jobs.predict.cascading import asked_route, check_beside, load_routed
from classifier.jobs.predict.cascading import named as named_of
from classifier.jobs.predict.chunks import first_sizes
from classifier.jobs.predict.drift import DriftCheck, check_drift_page
from classifier.jobs.predict.engines import EngineName, check_engine, chosen_engine
from classifier.jobs.predict.inputs import Inputs
from classifier.jobs.predict.job import Job, label
from classifier.jobs.predict.labelling import Labelling
from classifier.jobs.predict.parts import may_replace, noted_as_done, parts_folder, remove_parts
from classifier.jobs.predict.shards import check_shard, label_shard, read_shard
from classifier.jobs.source import READING_ARTICLES, WITHOUT_LABELS, input_files
from classifier.jobs.source import Inputs as Files
from classifier.models.fingerprint import model_name
from classifier.models.trained import PREDICTS, open_trained
from classifier.progress import Progress
from classifier.remote import check_no_input, is_remote, put_when_done, upload_has_begun, written_at
from classifier.stats.abstention import check_stored
from classifier.stats.conformal import check_stored_sets

WIDE = (".csv", ".tsv", ".xlsx")  # kinds of files that people read, and get a column of scores for each label


def predict_files(
    run: str | Path,
    inputs: Files,
    out: str | Path,
    *,
    settings: Settings | None = None,
    device: str = "auto",
    bf16: bool | None = None,
    abstain: bool = False,
    sets: float | None = None,
    stdin: TextIO | None = None,
    stdin_format: str | None = None,
    explain: bool = False,
    wide: bool | None = None,
    target: str | None = None,
    strict: bool = False,
    overwrite: bool = False,
    adapt: bool = False,
    shares: Mapping[str, float] | None = None,
    page: str | Path | None = None,
    cascade: float | None = None,
    engine: EngineName = "local",
    address: str | None = None,
    workers: int | None = None,
    shard: str | None = None,
    progress: Progress = AUTOMATIC,
) -> int:
    """Label new articles with a run (or its ``model/`` folder alone), or with the ensemble of several seeds.

    A row that cannot be read, or has no text to label, is written in its place, without a label and with the reason in
    a column ``error``. What is labelled is kept in parts beside the output until that is complete: the same call goes
    on from them if it is stopped, however that happens, and gives what it would have given at once.

    Args:
        run: the run or model folder, or the folder of several seeds.
        inputs: a file, a folder of .txt files, a pattern such as ``2026/*.jsonl.gz`` or ``-`` (standard input), or
            several of these; or articles in memory, such as a DataFrame (`classifier.predict` gives such a one back
            with its labels).
        out: .jsonl, .csv, .tsv, .parquet or .xlsx, or ``-``.
        settings: ``data.columns.*``, ``data.encoding``, ``data.sheet`` and ``data.missing`` -> values, for reading.
        device: ``auto`` | ``cpu`` | ``cuda`` | ``mps``.
        bf16: False for float32, whatever the training used; None = as in training.
        abstain: give no label where the score is below the threshold that ``evaluate --min-precision`` stored.
        sets: add ``label_set``, the labels that hold the true one with this probability, the most probable first, as
            ``evaluate --sets`` found and stored for the same probability.
        stdin: what ``-`` reads; standard input when None.
        stdin_format: csv | tsv | json | jsonl | parquet | text (one per line); None = told by its first bytes.
        explain: add ``evidence``, the five sentences that move the score most, as in `classifier.models.evidence`;
            takes about as many times as long as an article has sentences.
        wide: add a column ``score_LABEL`` for each label; None = in CSV and Excel alone.
        target: one claim for all articles, where the model reads a claim with each and the inputs have none.
        strict: raise an error where rows could not be labelled, once all is written.
        overwrite: replace an older file, and label anew what an earlier call has labelled of it.
        adapt: adapt scores and labels to the shares of labels that these articles have, estimated from all of their
            scores, where they surely differ from validation (`classifier.stats.label_shift` says what that assumes).
        shares: label -> its share in these articles, where it is known: adapt to those.
        page: a page to write, drift.html, that compares these articles with those of training.
        cascade: let articles skip the transformer on which TF-IDF alone is surely the model's answer: they get the
            label and the score of TF-IDF. The number is the share of them that is promised to get the label of the
            whole model, such as 0.99 (`classifier.stats.cascade`). A column ``scored_by`` says which articles skipped.
        engine: what labels: ``local``, this process, or ``ray``, the workers of a Ray cluster, each of which loads the
            model once. The rows, their order and their errors are the same, and so are the parts.
        address: of the Ray cluster, such as ``auto`` or ``10.0.0.1:6379``; None = that of ``RAY_ADDRESS``, else the
            workers are on this machine.
        workers: how many; None = one for each GPU of the cluster, or for every four CPUs.
        shard: which chunks to label, such as ``3/8``, where several jobs label one output; the same call without it
            writes the output (`classifier.jobs.predict.shards`).
        progress: told of each chunk.

    Returns:
        How many articles were labelled.

    Raises:
        InputError: the model or an input cannot be used, or no row can be labelled: nothing is written then. Or what
            was labelled so far is of another model or other rows. With ``strict`` also where rows could not be
            labelled, and then all is written.

    Example:
        >>> predict_files("runs/first", "archive.jsonl", "labels.csv")
        40
    """
    given = given_settings(settings)
    check_effect(given, READING_ARTICLES, but=WITHOUT_LABELS)
    data = make_config({}, given).data
    beside = {"abstain": abstain, "sets": sets is not None, "adapt": adapt, "shares": bool(shares), "explain": explain}
    check_beside(cascade, beside)
    check_engine(engine, address=address, workers=workers)
    part = None if shard is None else read_shard(shard)
    check_extension(written_at(out))
    with (
        input_files(inputs, "inputs") as given_files,
        nullcontext(written_at(out)) if part else _put_when_done(out, overwrite=overwrite) as path,
        nullcontext() if part else one_output(path),
    ):
        files = matching_names(given_files, own=_completed(out, path))
        check_no_input(out, files)
        if part is not None:
            check_shard(part, path, files, page, overwrite=overwrite)
        replace = overwrite or parts_folder(path).exists()
        check_writable(path, files, overwrite=replace or is_remote(out))
        check_drift_page(page, overwrite=replace)
        trained = open_trained(run, command="predict", takes=PREDICTS)
        info = trained.model_info()
        named = "RUN" if trained.kind == "model" else run
        if abstain:
            check_stored(info.abstention, named)
        if sets is not None:
            check_stored_sets(info.sets, sets, named, multi_label=info.multi_label)
        asked = asked_shares(adapt, shares)
        if asked is not None:
            asked.check(info, named, abstain=abstain)
        route = asked_route(info, cascade, named)
        wide = path.suffix.lower() in WIDE if wide is None else wide
        model = model_name(trained)
        more = More(abstain, sets is not None, explain, wide, named_of(route, model), cascade)
        load = partial(load_routed, route=route, device=device, bf16=bf16)
        later = explain and asked is not None
        where = Inputs(
            files, data.columns.named, data.encoding, data.missing, stdin or sys.stdin, data.sheet, stdin_format, target
        )
        job = Job(
            info,
            cache(partial(load, run)),
            where,
            path,
            Labelling(
                model.fingerprint,
                __version__,
                device,
                bf16,
                "no" if not explain else "later" if later else "with the scores",
                where.stored(),
                first_sizes(explain=explain),
                None
                if route is None
                else {
                    "cascade": cascade,
                    "threshold": route.rule.threshold,
                    "skipping": route.named(model).fingerprint,
                },
            ),
            more,
            asked,
            strict,
            overwrite,
            route,
            engine=chosen_engine(
                engine,
                trained,
                load,
                explain=explain and not later,
                device=device,
                address=address,
                workers=workers,
            ),
            drift=DriftCheck(trained, info, named, None if page is None else Path(page)),
            keep=is_remote(out),
        )
        return label(job, progress) if part is None else label_shard(job, part, progress)


def _put_when_done(out: str | Path, *, overwrite: bool) -> AbstractContextManager[Path]:
    return put_when_done(out, overwrite=overwrite or may_replace(written_at(out)), placed=remove_parts)


def _completed(out: str | Path, path: Path) -> str | None:
    """The name of the output where an earlier call of the same job completed it: no pattern is to match it."""
    done = upload_has_begun(out) if is_remote(out) else noted_as_done(path) is not None
    return str(out) if done else None
