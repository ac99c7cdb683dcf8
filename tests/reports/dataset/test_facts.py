from dataclasses import replace
from pathlib import Path
from typing import Any

import huggingface_hub.constants
import pytest

from classifier.config import AUTO_WINDOWS
from classifier.config_file import parse_settings
from classifier.dataset.folder import DatasetFolder
from classifier.jobs.building.build import build
from classifier.models.transformer.tokenizer import load_tokenizer
from classifier.reports.dataset import facts as facts_module
from classifier.reports.dataset.facts import DatasetFacts
from tests.makers.articles import make_articles, write_jsonl


def surveyed(source: Path, out: Path, *given: str, **options: Any) -> tuple[DatasetFolder, DatasetFacts]:
    report = build(str(source), out, settings=parse_settings(given), **options)
    assert report.dataset is not None and report.built is not None
    return report.dataset, report.built.facts


def test_lengths_are_those_of_the_models_tokens(tmp_path: Path, checkpoint: Path) -> None:
    articles = [replace(a, text=" ".join([a.text] * (1 + i % 3))) for i, a in enumerate(make_articles(40))]
    settings = [f"model.name={checkpoint}", "model.max_length=32", "model.windows=2"]
    _, dataset_facts = surveyed(write_jsonl(tmp_path / "a.jsonl", articles), tmp_path / "data", *settings)
    tokenizer = load_tokenizer(checkpoint)
    tokens = {a.id: len(tokenizer(a.text, add_special_tokens=False)["input_ids"]) for a in articles}
    assert (dataset_facts.lengths.unit, dataset_facts.lengths.articles, dataset_facts.lengths.sampled) == (
        "tokens",
        40,
        False,
    )
    for label in ("opinion", "reporting", "satire"):
        mine = [tokens[a.id] for a in articles if a.labels == (label,)]
        assert sorted(dataset_facts.lengths.by_label[label]) == sorted(mine)
    read = 2 * 30  # two windows without their special tokens
    cut = sum(n > read for n in tokens.values())
    assert dataset_facts.lengths.cut == pytest.approx(cut / 40)
    assert dataset_facts.lengths.dropped == pytest.approx(
        sum(max(0, n - read) for n in tokens.values()) / sum(tokens.values())
    )
    assert dataset_facts.lengths.beyond == pytest.approx(sum(n > 32 for n in tokens.values()) / 40)


def test_lengths_are_in_words_where_the_model_is_not_at_hand(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    articles = [replace(article, title="Three more words") for article in make_articles(30)]
    source = tmp_path / "a.csv"
    rows = [f"{a.text},{a.title},{a.labels[0]}" for a in articles]
    source.write_text("\n".join(["text,title,label", *rows]) + "\n")
    _, dataset_facts = surveyed(source, tmp_path / "data", "model.name=owner/nothing")
    assert "lengths are counted in words, not in tokens" in caplog.text
    assert dataset_facts.lengths.unit == "words"
    assert sum(map(sum, dataset_facts.lengths.by_label.values())) == sum(len(a.text.split()) + 3 for a in articles)
    assert dataset_facts.lengths.cut is dataset_facts.lengths.dropped is dataset_facts.lengths.beyond is None


def test_a_large_corpus_is_measured_on_a_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts_module, "MEASURED", 20)
    _, dataset_facts = surveyed(write_jsonl(tmp_path / "a.jsonl", make_articles(60)), tmp_path / "data")
    assert (dataset_facts.lengths.articles, dataset_facts.lengths.sampled) == (20, True)
    assert sum(map(len, dataset_facts.lengths.by_label.values())) == 20


def test_examples_are_ten_of_each_label_with_their_splits(tmp_path: Path) -> None:
    articles = [replace(a, text=f"{a.text}\n\n{'word1 ' * 100}") for a in make_articles(60)]
    source = write_jsonl(tmp_path / "a.jsonl", [*articles[:-1], replace(articles[-1], text="Short.", labels=("rare",))])
    dataset, dataset_facts = surveyed(source, tmp_path / "data", "split.validation_size=0", "data.min_per_label=1")
    homes = {article.id: split for split in dataset.splits for article in dataset.articles(split)}
    texts = {article.id: article.text for article in dataset.articles()}
    assert {label: len(found) for label, found in dataset_facts.examples.items()} == {
        "opinion": 10,
        "rare": 1,
        "reporting": 10,
        "satire": 10,
    }
    for label, found in dataset_facts.examples.items():
        assert len({example.id for example in found}) == len(found)
        for example in found:
            assert (example.label, example.split) == (label, homes[example.id])
            words = " ".join(texts[example.id].split())
            assert len(example.start) <= 302
            assert words.startswith(example.start.removesuffix(" …"))
            assert example.start.endswith(" …") == (len(words) > 300)


def test_examples_of_folds_name_the_fold(tmp_path: Path) -> None:
    dataset, dataset_facts = surveyed(
        write_jsonl(tmp_path / "a.jsonl", make_articles(40)), tmp_path / "data", "split.folds=4"
    )
    table = dataset.assigned()
    fold = dict(zip(table["id"].to_pylist(), table["fold"].to_pylist(), strict=True))
    shown = [example for found in dataset_facts.examples.values() for example in found]
    assert len(shown) == 30
    assert all(example.split == f"fold {fold[example.id]}" for example in shown)


def test_sources_are_counted_for_each_label(tmp_path: Path) -> None:
    sources = ["big"] * 30 + ["small"] * 6 + [None] * 4
    articles = [replace(a, source=source) for a, source in zip(make_articles(40), sources, strict=True)]
    _, dataset_facts = surveyed(write_jsonl(tmp_path / "a.jsonl", articles), tmp_path / "data")
    assert dataset_facts.sources == {label: {"big": 10, "small": 2} for label in ("opinion", "reporting", "satire")}
    assert list(dataset_facts.sources["opinion"]) == ["big", "small"]
    assert dataset_facts.source_count == 2
    assert dataset_facts.languages is None


def test_all_conflicts_are_counted_and_a_hundred_shown(tmp_path: Path) -> None:
    articles = make_articles(150)
    other = [replace(a, id=f"other {a.id}", labels=("rare",)) for a in articles]
    source = write_jsonl(tmp_path / "a.jsonl", [*articles, *other])
    dataset, dataset_facts = surveyed(source, tmp_path / "data", "data.conflicts=keep")
    assert (dataset_facts.conflict_count, len(dataset_facts.conflicts)) == (150, 100)
    assert dataset_facts.conflicts[0].id == "other a0"
    assert (dataset_facts.conflicts[0].label, dataset_facts.conflicts[0].other_label) == ("rare", "opinion")
    assert len((dataset.path / "conflicts.jsonl").read_text().splitlines()) == 150


def test_rejected_rows_are_counted_by_kind(tmp_path: Path) -> None:
    bad = [replace(make_articles(1)[0], id=f"b{i}", text="") for i in range(3)]
    source = write_jsonl(tmp_path / "a.jsonl", [*make_articles(30), *bad])
    _, dataset_facts = surveyed(source, tmp_path / "data", skip_bad=True)
    assert dataset_facts.rejected == {"text is empty": 3}


def test_spellings_of_a_source_are_counted_once(tmp_path: Path) -> None:
    spelt = ["Post.example", "www.post.example", "https://Post.example/", "Post.example", "AP", "ap"]
    articles = [replace(a, source=spelt[i % 6]) for i, a in enumerate(make_articles(60))]
    _, dataset_facts = surveyed(write_jsonl(tmp_path / "a.jsonl", articles), tmp_path / "data")
    assert dataset_facts.source_count == 2
    assert {name for counts in dataset_facts.sources.values() for name in counts} == {"Post.example", "AP"}
    assert sum(sum(counts.values()) for counts in dataset_facts.sources.values()) == 60


def test_how_much_is_read_of_pairs_is_what_a_training_would_read(tmp_path: Path, checkpoint: Path) -> None:
    articles = [replace(a, text=" ".join([a.text] * 4), target="the council") for a in make_articles(40)]
    source = write_jsonl(tmp_path / "a.jsonl", articles)
    found = {}
    for given in ("auto", "together", "apart"):
        settings = [f"model.name={checkpoint}", "model.max_length=32", f"model.pairs={given}"]
        found[given] = surveyed(source, tmp_path / given, *settings)[1].lengths
    assert (found["auto"].windows, found["together"].windows) == (AUTO_WINDOWS, 1)
    assert found["auto"] == found["apart"]  # 40 pairs, of which a head alone learns
    assert found["auto"].dropped is not None and found["together"].dropped is not None
    assert found["auto"].dropped < found["together"].dropped
