"""The methods text of a paper: how a run was made and how good it is, every number from the run's files.

What the files do not say is not claimed; it is named as missing. A source stands in a sentence as ``[@key]``, which
Pandoc reads; the keys are those of `classifier.reports.paper.references`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from classifier._version import DISTRIBUTION
from classifier.articles.annotators import Agreement
from classifier.dataset.info import DatasetInfo
from classifier.errors import counted
from classifier.models.model_folder import ModelInfo
from classifier.models.run_folder import averaged_steps
from classifier.reports.dataset.findings import by_size, guarantee, looked_for_near, per_label, total
from classifier.reports.paper.corpus import CorpusFacts
from classifier.reports.paper.paper import Paper
from classifier.reports.paper.references import CITED, PACKAGE, REFERENCES, package_reference
from classifier.reports.paper.result_sentences import evaluation_sentences, result_sentences
from classifier.reports.render import markdown
from classifier.reports.run.hub_metadata import dataset_name
from classifier.reports.run.record import RunRecord
from classifier.reports.run.settings import encoder_name
from classifier.reports.run.teachers import teacher_names, unlabelled_words
from classifier.reports.words import BASELINES, down, joined, metric_name, percent, precise

DIGITS = 12  # of a SHA-256, that a text names
CHOICES = {
    "head": "the first ones",
    "head_tail": "the first and the last ones",
    "spread": "spread evenly over the article",
    "relevant": "those that share most tokens with the target",
    "sentences": "of the sentences most like the target",
}


@dataclass(frozen=True)
class Section:
    """A part of the text: its heading, and its sentences."""

    title: str
    sentences: tuple[str, ...]


def sections(paper: Paper) -> list[Section]:
    """The text, in the order in which it is read."""
    parts = {
        "Data": _data(paper),
        "Splits": _splits(paper),
        "Model": _model_sentences(paper),
        "Training": _training(paper),
        "Evaluation": evaluation_sentences(paper),
        "Results": result_sentences(paper),
        "Software and hardware": _software(paper),
        "What the run's files do not say": _missing(paper),
    }
    found = [Section(title, tuple(sentences)) for title, sentences in parts.items()]
    return [part for part in found if part.sentences]


def as_markdown(parts: Sequence[Section]) -> str:
    """The text as Markdown, with citations as Pandoc reads them."""
    return "\n\n".join(f"**{part.title}.** {' '.join(map(_escaped, part.sentences))}" for part in parts) + "\n"


def as_text(parts: Sequence[Section], version: str) -> str:
    """The text without marks; citations are names and years."""
    return "\n\n".join(f"{part.title}. {_named(' '.join(part.sentences), version)}" for part in parts) + "\n"


def _escaped(sentence: str) -> str:
    text = markdown(sentence)
    for key in (*REFERENCES, PACKAGE):
        text = text.replace(f"\\[@{key}\\]", f"[@{key}]")
    return re.sub(r"(?<!\\)\] \[@", "; @", text)


def _named(sentence: str, version: str) -> str:
    works = {**REFERENCES, PACKAGE: package_reference(version)}

    def words(found: re.Match[str]) -> str:
        return f"({'; '.join(works[key].words for key in CITED.findall(found[0]))})"

    known = "|".join(rf"\[@{key}\]" for key in works)
    return re.sub(rf"(?:{known})(?: (?:{known}))*", words, sentence)


def _data(paper: Paper) -> Iterator[str]:
    info = paper.record.info
    labels = joined([f"{name} ({per_label(info)[name]:,})" for name in by_size(info)])
    kind = "any number of" if info.multi_label else "one of"
    what = "pairs of an article and a claim or headline" if info.pair else "articles"
    noun = "pair" if info.pair else "article"
    yield (
        f"The corpus ({dataset_name(paper.record, paper.config)}) has {total(info):,} labelled {what}. Each {noun} has "
        f"{kind} {counted(len(info.labels), 'label')}: {labels}."
    )
    files = [f"{source['name']} (SHA-256 {source['sha256'][:DIGITS]}…)" for source in info.sources]
    if files:
        yield f"It was read from {joined(files)}."
    if paper.corpus is not None:
        yield from _sources_and_dates(paper.corpus)
    if info.agreement is not None:
        yield from _annotators(info.agreement, multi_label=info.multi_label)
    yield from _left_out(info)
    yield from _copies(info)
    if paper.config.data.strip:
        yield f"Before anything else, {joined(paper.config.data.strip)} were removed from the texts."


def _sources_and_dates(corpus: CorpusFacts) -> Iterator[str]:
    if corpus.sources:
        none = f" ({counted(corpus.without_source, 'article')} named none)" if corpus.without_source else ""
        yield f"The articles came from {counted(corpus.sources, 'source')}{none}."
    if corpus.first:
        gone = [f"{corpus.without_date:,} had no date"] if corpus.without_date else []
        gone += [f"the dates of {corpus.unread:,} could not be read"] if corpus.unread else []
        yield f"They were dated {corpus.first} to {corpus.last}{f' ({joined(gone)})' if gone else ''}."


def _annotators(found: Agreement, *, multi_label: bool) -> Iterator[str]:
    """How labels came from those of annotators, and how far these agree."""
    who = counted(found.annotators, "annotator")
    yield (
        f"A label was given where more than half of those who labelled an article gave it, of {who}."
        if multi_label
        else f"The label of an article is that which most of those who labelled it gave, of {who}."
    )
    tied = f"{counted(found.disputed, 'was', 'were')} tied {'about a label' if multi_label else 'and left out'}"
    several = counted(found.articles_with_several, "article")
    yield (f"Of {several} with the labels of several, {found.unanimous:,} had the same from all, and {tied}.")
    if found.alpha is not None:
        yield f"Krippendorff's alpha for nominal labels is {precise(found.alpha)} [@krippendorff2011]."


def _left_out(info: DatasetInfo) -> Iterator[str]:
    """What was left out or changed before the articles were divided, as far as ``dataset.json`` says."""
    if info.rejected:
        parts = [f"{kind}: {count:,}" for kind, count in info.rejected.items()]
        yield f"Skipped were {counted(sum(info.rejected.values()), 'row')} ({'; '.join(parts)})."
    if info.duplicates is not None and info.duplicates.dropped:
        yield f"Of copies, {counted(info.duplicates.dropped, 'article')} were left out."
    found = info.corrections
    if found is not None:
        yield (
            f"By a file of corrections ({found.file}), {counted(found.relabelled, 'article')} got other labels, "
            f"{found.dropped:,} were left out, and {found.confirmed:,} were confirmed."
        )
    if info.notes:
        yield f"The build noted: {'; '.join(note.rstrip('.') for note in info.notes)}."


def _copies(info: DatasetInfo) -> Iterator[str]:
    found = info.duplicates
    if found is None:
        return
    yield f"The text of {counted(found.exact, 'article')} was equal to that of an earlier one."
    if looked_for_near(found):
        what = f"{found.clustered:,} articles in {counted(found.clusters, 'cluster')}" if found.clusters else "none"
        yield (
            "Near-duplicates have an estimated Jaccard similarity of three-word shingles of "
            f"{precise(found.threshold)} or more (MinHash [@broder1997]); there were {what}."
        )
    if found.containment is not None:
        yield f"The text of {counted(found.contained, 'article')} stood within a longer one."


def _splits(paper: Paper) -> Iterator[str]:
    info, split = paper.record.info, paper.record.info.settings.get("split", {})
    drawn = info.split_method != "given" and (info.split_method != "temporal" or info.group_by)
    method = f"by the method “{info.split_method}”"
    seed = f", with the seed {split['seed']}" if "seed" in split and drawn else ""
    if info.folds:
        sizes = [part.articles for part in info.counts.values()]
        yield (
            f"The articles were divided into {info.folds} folds {method}{seed}, of {min(sizes):,} to {max(sizes):,} "
            "test articles."
        )
    else:
        sizes_of = joined([f"{name} ({part.articles:,})" for name, part in info.counts.items()])
        yield f"The articles were divided {method}{seed}: {sizes_of}."
    if info.group_by:
        yield f"Articles with the same {joined(info.group_by, 'or')} were kept together."
    yield guarantee(info)
    if info.test_groups is not None and not info.folds:
        yield (
            f"The test articles are in {counted(info.test_groups.count, 'group')}, which count for "
            f"{down(info.test_groups.effective)} of equal size [@kish1965]."
        )


def _model_sentences(paper: Paper) -> Iterator[str]:
    config, model = paper.config, paper.models[0]
    name = encoder_name(config, model)
    cites = " [@reimers2019]" if name.startswith("sentence-transformers/") else ""
    cites += " [@wang2020]" if "MiniLM" in name else ""
    revision = model.base_revision if model is not None else None
    weights = f", weights {revision}" if revision else ""
    yield f"The encoder {name}{weights}{cites} {_what_was_done(paper)}, with the package {DISTRIBUTION} [@{PACKAGE}]."
    if model is None:
        return
    yield from _windows(model, [found for found in paper.models if found is not None])
    yield from _predicts(paper, [found for found in paper.models if found is not None])
    yield from _decided(paper, model)


def _what_was_done(paper: Paper) -> str:
    """Whether the encoder was trained; each fold may have found another answer."""
    models, alone = len(paper.models), "left as it is, with a linear head fitted on it"
    if 0 < paper.heads < models:
        return f"was fine-tuned for {models - paper.heads} of the {models} models and {alone}, for the other ones"
    return f"was {alone}" if paper.heads else "was fine-tuned"


def _windows(model: ModelInfo, models: Sequence[ModelInfo]) -> Iterator[str]:
    stride = f", neighbouring ones sharing {model.stride}" if model.stride else ""
    most = "all windows" if model.windows == "all" else f"at most {counted(model.windows, 'window')}"
    choice = "" if model.windows == "all" else f", {CHOICES[model.window_choice]}"
    pooled = "the mean over tokens" if model.pooling == "mean" else "the first token"
    every, apart = sum(one.layers == "all" for one in models), sum(one.pairs == "apart" for one in models)
    share = "" if every == len(models) else f"in {every} of the {len(models)} models "
    of = f", {share}after the embeddings and after each layer, side by side [@jawahar2019]" if every else ""
    yield f"It read {most} of {model.max_length} tokens of each article{choice}{stride}, pooled by {pooled}{of}."
    if apart:
        where = "" if apart == len(models) else f" in {apart} of the {len(models)} models"
        yield (
            f"Text and target were read apart{where}, the text sentence by sentence; the head was given the vector of "
            "the text, weighted towards sentences like the target, that of the target, their product and their "
            "absolute difference [@conneau2017] [@reimers2019], and the unweighted mean of the sentences."
        )
    if model.dropped is not None:
        yield f"That left out {percent(model.dropped)} of the tokens of the training articles."


def _predicts(paper: Paper, models: Sequence[ModelInfo]) -> Iterator[str]:
    """What predicts: the encoder alone or with TF-IDF, one model or several."""
    record = paper.record
    if record.kind == "seeds":
        yield f"{len(models)} models, of the seeds {joined(_numbers(record.members))}, were averaged by probabilities."
    elif record.kind == "folds":
        yield f"{len(models)} models were trained, one per fold, and label the articles that they were not trained on."
    blends = [model.blend for model in models]
    if all(blend is None for blend in blends):
        yield "Labels came from this network alone; TF-IDF is no part of it."
        return
    weights = [f"{blend[0]:.2f} × its logits + {blend[1]:.2f} × those scores" for blend in blends if blend is not None]
    setting = paper.config.train.blend
    chosen = _fitted_on(paper, models[0])
    if isinstance(setting, float):
        chosen = f"set beforehand, by a share of TF-IDF of {setting:g}"
    each = "" if len(weights) == 1 else " (one per model)"
    yield (
        "Labels came from a blend of the network with the scores of a linear support vector machine on TF-IDF "
        f"[@wolpert1992]: {joined(weights)}{each}, with weights {chosen}."
    )


def _fitted_on(paper: Paper, model: ModelInfo) -> str:
    """On what the weights of a blend, thresholds and calibration were fitted."""
    validated = paper.record.run.evaluation("validation").exists()
    if model.out_of_fold:
        trained = f"{model.out_of_fold:,} training articles out of fold"
        return f"fitted on {f'validation and on {trained}' if validated else trained}"
    return "fitted on validation" if validated else "set from the training articles out of fold"


def _numbers(members: Mapping[str, Any]) -> list[str]:
    return [name.rpartition(" ")[2] for name in members]


def _decided(paper: Paper, first: ModelInfo) -> Iterator[str]:
    """What turns scores into labels, of an ensemble where there is one."""
    found = paper.record.ensemble or first
    one = "the first model" if paper.record.kind == "folds" else "the model"
    chosen = "fitted on validation" if paper.record.ensemble else _fitted_on(paper, first)
    if found.thresholds is not None:
        pairs = [f"{name} {precise(value)}" for name, value in zip(first.labels, found.thresholds, strict=True)]
        yield f"A label was given from a threshold of its own on, {chosen} (of {one}: {joined(pairs)})."
    if found.calibration is not None:
        how = "Platt scaling of each class [@platt1999]"
        if not found.calibration.multi_label:
            heat = precise(found.calibration.temperatures[0])
            how = f"a temperature (of {one}: {heat}) and an offset per class, {chosen} [@guo2017] [@alexandari2020]"
        yield f"Scores were calibrated by {how}."
    if first.label_by == "score":
        yield "The label with the highest calibrated score was given."
    if found.abstention is not None:
        yield (
            "Where the model may abstain, a label is given only from a score on that was found on "
            f"{found.abstention.found_on}, for a precision of {found.abstention.min_precision:g} in each class with a "
            f"confidence of {found.abstention.confidence:g} [@wiens2003] [@angelopoulos2021] [@korn1998]."
        )
    if found.sets is not None:
        yield (
            f"Sets of labels were made to hold the true one in {percent(found.sets.level)} of the cases, by conformal "
            f"prediction [@sadinle2019] [@lee2023], from scores found on {found.sets.found_on}."
        )


def _training(paper: Paper) -> Iterator[str]:
    train = paper.config.train
    several = paper.record.kind != "run"
    seeds = _numbers(paper.record.members) if paper.record.kind == "seeds" else [str(train.seed)]
    seed = f"the seed{'' if len(seeds) == 1 else 's'} {joined(seeds)}"
    first = " (settings of the first model)" if several else ""
    if train.num_train_epochs:
        yield from _fine_tuning(paper, f"{seed}{first}")
    else:
        yield f"The head was fitted with {seed}{first}; class weights: {train.class_weight}."
    yield from _taught(paper.record)
    if paper.record.model is not None and paper.record.model.refit:
        how = ", for as many epochs" if train.num_train_epochs else ""
        yield (
            f"It was then trained anew on train and validation together{how}; the weights of the blend, thresholds and "
            "calibration, and all figures on validation, are those of the model before."
        )


def _taught(record: RunRecord) -> Iterator[str]:
    """What it learned from besides true labels."""
    if not record.lessons:
        return
    found, pool, teachers = record.lessons[0], unlabelled_words(record.lessons), teacher_names(record.lessons)
    who = f"the model{'' if len(teachers) == 1 else 's'} {joined(teachers)}"
    if not teachers:
        who = "a first model of its own, trained on the same labels,"
    elif len(teachers) > 1:
        who += ", each teaching the model of its own fold,"
    yield (
        f"Beside true labels it learned the scores that {who} gave the training articles{pool} "
        f"[@hinton2015], with a weight of {found.weight:g} and a temperature of {found.temperature:g}."
    )
    if pool and record.model is not None and record.model.blend:
        which = "its own teacher" if len(teachers) > 1 else "that model"
        yield (
            f"The TF-IDF that is blended in learned the labels which {which} gave the unlabelled articles, too "
            "[@lee2013]; the TF-IDF that the model is compared with learned true labels alone."
        )


def _fine_tuning(paper: Paper, seed: str) -> Iterator[str]:
    train = paper.config.train
    yield (
        f"Training took {counted(int(train.num_train_epochs), 'epoch')} with AdamW [@loshchilov2019], a learning rate "
        f"of {train.learning_rate:g}, {train.batch_size} articles per step, a weight decay of {train.weight_decay:g}, "
        f"a warm-up of {percent(train.warmup_ratio)} of the steps and {seed}. Class weights: "
        f"{train.class_weight}."
    )
    kept = "the embeddings of words" if train.freeze_embeddings else ""
    layers = f"the lowest {counted(int(train.freeze_layers), 'layer')}" if train.freeze_layers else ""
    if kept or layers:
        yield f"Not trained were {joined([part for part in (kept, layers) if part])}."
    others = {
        "label smoothing": (train.label_smoothing, 0),
        "a factor of the learning rate from layer to layer": (train.layer_decay, 1),
        "the largest share of one class in an epoch": (train.most_frequent_share, 1),
    }
    set_ = [f"{name} {value:g}" for name, (value, usual) in others.items() if value != usual]
    if set_:
        yield f"Also set: {joined(set_)}."
    yield from _best(paper)


def _best(paper: Paper) -> Iterator[str]:
    """Which epoch's weights were kept, by the lines of ``metrics.jsonl``."""
    metric, steps = paper.config.train.metric_for_best_model, paper.record.steps
    found = [line for line in steps if line["kind"] == "evaluation" and metric in line]
    taken = [line for line in steps if line["kind"] == "step"]
    if taken:
        yield f"It took {counted(len(taken), 'step')} of {sum(line['tokens'] for line in taken):,} tokens in all."
    if averaged := averaged_steps(steps):
        yield f"The model is the mean of its weights over the last {counted(averaged, 'step')} [@izmailov2018]."
    elif found:
        best = max(found, key=lambda line: (line[metric], -line["step"]))
        yield (
            f"Of {counted(len(found), 'evaluation')} on validation, the weights with the best {metric_name(metric)} "
            f"({precise(best[metric])}, after epoch {best['epoch']:g}) were kept."
        )


def _software(paper: Paper) -> Iterator[str]:
    found = paper.record.manifest
    packages = {"transformers": f"{found['transformers']} [@wolf2020]", "PyTorch": str(found["torch"])}
    for name, number in found.get("packages", {}).items():
        packages[name] = f"{number} [@pedregosa2011]" if name == "scikit-learn" else str(number)
    named = joined([f"{name} {number}" for name, number in packages.items()])
    yield f"The run was made with {DISTRIBUTION} {found['classifier']}, Python {found['python']}, {named}."
    hardware = [f"{name}: {found[name]}" for name in ("device", "platform") if found.get(name)]
    if hardware:
        yield f"It ran on this {'; '.join(hardware)}."
    yield f"Training ended on {str(found['ended'])[:10]} and took {float(found['seconds']):,.0f} seconds in all."


def _missing(paper: Paper) -> Iterator[str]:
    record = paper.record
    if paper.corpus is None:
        yield "The dataset is not at hand, so sources and dates of the articles are not stated."
    else:
        if not paper.corpus.sources:
            yield "The articles name no source."
        if not paper.corpus.first:
            yield "No article has a date that can be read."
    yield from _missing_of_models(paper)
    if not record.manifest.get("packages"):
        yield "Versions of packages beside those named were not recorded."
    if record.evaluation.reliability is None:
        yield "Whether the scores can be believed was not measured."
    if record.looks is None:
        yield "How often the test articles were looked at was not recorded."
    if record.info.duplicates is None:
        yield "Copies of texts were not counted."


def _missing_of_models(paper: Paper) -> Iterator[str]:
    models = [model for model in paper.models if model is not None]
    if len(models) < len(paper.models):
        yield "A model's folder is gone, so what predicts is not stated."
    if any(model.base_revision is None for model in models):
        yield "Which revision of the encoder's weights was used was not recorded."
    if any(model.blend for model in models) and "encoder" not in paper.record.evaluation.baselines:
        yield f"Figures of the network {BASELINES['encoder']} were not stored."
