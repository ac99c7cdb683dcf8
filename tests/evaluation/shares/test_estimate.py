import json
import re
import shutil
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from classifier.cli.app import run as cli
from classifier.errors import InputError
from classifier.evaluation.shares import reference_articles
from classifier.evaluation.shares.estimate import estimate_shares
from classifier.evaluation.shares.share_correction import LabelShare
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.predictions import REFERENCE, write_reference_run
from tests.makers.settings import options, tiny

NAMES = ("a", "b", "c")
SOURCES = [f"s{i % 12}" for i in range(300)]  # of the held-out articles, much alike
MATRIX = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]])
needs_ppi = pytest.mark.skipif(not find_spec("ppi_py"), reason="needs ppi-python: the extra [prevalence]")


def confused(per_label: int = 100) -> tuple[list[str], list[str]]:
    """Held-out articles that are confused exactly as the matrix says."""
    counts = (MATRIX * per_label).round().astype(int)
    truth = [NAMES[i] for i in range(3) for _ in range(counts[i].sum())]
    guess = [NAMES[j] for i in range(3) for j in range(3) for _ in range(counts[i, j])]
    return truth, guess


def make_corpus(
    path: Path,
    shares: tuple[float, ...],
    n: int = 2000,
    group: str = "x",
    start: int = 0,
    model: str | None = REFERENCE,
) -> list[str]:
    """Predictions for articles of known shares, added to a file; gives back their true labels."""
    rng = np.random.default_rng(n + start)
    truth = rng.choice(3, size=n, p=shares)
    guess = [rng.choice(3, p=MATRIX[label]) for label in truth]
    with path.open("a") as stream:
        for i, label in enumerate(guess):
            row = {"id": f"{start + i}", "label": NAMES[label], "source": group, "predicted_by": model}
            stream.write(json.dumps(row) + "\n")
    return [NAMES[label] for label in truth]


def write_labelled(path: Path, truth: list[str], ids: range) -> Path:
    path.write_text("".join(json.dumps({"id": str(i), "label": truth[i]}) + "\n" for i in ids))
    return path


def by_label(shares: tuple[LabelShare, ...], group: tuple[str, ...] = ()) -> dict[str, LabelShare]:
    return {share.label: share for share in shares if share.group == group}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_reference_run(tmp_path / "run", *confused(), sources=SOURCES)


def test_shares_are_corrected_per_group(run: Path, tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    make_corpus(path, (0.8, 0.15, 0.05), group="x")
    make_corpus(path, (0.1, 0.1, 0.8), group="y", start=2000)
    report = estimate_shares(run, path, by=["source"])
    assert [share.group for share in report.shares[::3]] == [(), ("x",), ("y",)]
    for group, truth in ((("x",), (0.8, 0.15, 0.05)), (("y",), (0.1, 0.1, 0.8)), ((), (0.45, 0.125, 0.425))):
        found = by_label(report.shares, group)
        for name, true in zip(NAMES, truth, strict=True):
            share = found[name]
            assert share.method == "adjusted count"
            assert share.low is not None and share.high is not None and share.corrected is not None
            assert share.low <= true <= share.high
            assert abs(share.corrected - true) < abs(share.naive - true) + 0.02
    assert abs(by_label(report.shares, ("x",))["a"].naive - 0.8) > 0.1
    assumed = " ".join(report.assumptions)
    for words in ("label shift", "condition number", "groups of few sources", "Do not compare groups"):
        assert words in assumed
    assert "Do not compare groups" not in " ".join(estimate_shares(run, path).assumptions)


@needs_ppi
def test_labelled_articles_are_used_where_there_are_enough(run: Path, tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    truth = make_corpus(path, (0.8, 0.15, 0.05), group="x") + make_corpus(path, (0.1, 0.1, 0.8), group="y", start=2000)
    labelled = write_labelled(tmp_path / "l.jsonl", truth, range(1800, 2010))
    report = estimate_shares(run, path, by=["source"], labelled=labelled)
    x, y = by_label(report.shares, ("x",)), by_label(report.shares, ("y",))
    assert {share.method for share in x.values()} == {"prediction-powered"}
    assert {share.method for share in y.values()} == {"adjusted count"}
    assert x["a"].labelled == 200 and y["a"].note == "only 10 labelled articles (at least 30)"
    assert all(s.low <= t <= s.high for s, t in zip(x.values(), (0.8, 0.15, 0.05), strict=True))  # type: ignore[operator]
    words = " ".join([*report.assumptions, *report.warnings])
    assert "label shift" in words and "random sample" in words and "1 group has too few labelled" in words
    assert "hardly a random sample" in words  # they are nearly all of one group


@needs_ppi
def test_a_random_sample_raises_no_warning_and_a_chosen_one_does(run: Path, tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    truth = make_corpus(path, (0.4, 0.4, 0.2))
    fair = write_labelled(tmp_path / "fair.jsonl", truth, range(0, 2000, 20))
    assert estimate_shares(run, path, labelled=fair).warnings == ()
    chosen = tmp_path / "chosen.jsonl"
    only = [i for i, name in enumerate(truth) if name == "c"][:100]
    chosen.write_text("".join(json.dumps({"id": str(i), "label": "c"}) + "\n" for i in only))
    assert "hardly a random sample" in " ".join(estimate_shares(run, path, labelled=chosen).warnings)


def test_multi_label_shares_are_each_their_own(tmp_path: Path) -> None:
    truth = [["a", "b"]] * 100 + [["b"]] * 100 + [[]] * 100
    guess = [["a", "b"]] * 80 + [["b"]] * 100 + [["a"]] * 20 + [[]] * 100
    run = write_reference_run(tmp_path / "run", truth, guess, labels=("a", "b"), label_separator=";")
    (tmp_path / "p.csv").write_text("id,label\n" + "1,a;b\n" * 180 + "2,b\n" * 220 + "3,\n" * 600)
    found = by_label(estimate_shares(run, tmp_path / "p.csv").shares)
    assert found["a"].naive == pytest.approx(0.18)
    assert found["a"].corrected == pytest.approx((0.18 - 0.1) / (0.8 - 0.1), abs=1e-4)
    assert found["b"].corrected == pytest.approx((0.4 - 0.0) / (180 / 200 - 0.0), abs=1e-4)


def test_small_groups_are_said_to_be_so(run: Path, tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    make_corpus(path, (0.4, 0.4, 0.2), n=200)
    make_corpus(path, (0.4, 0.4, 0.2), n=12, group="tiny", start=500)
    report = estimate_shares(run, path, by=["source"])
    share = by_label(report.shares, ("tiny",))["a"]
    assert (share.method, share.corrected, share.low, share.high) == ("not corrected", None, None, None)
    assert "only 12 articles" in share.note
    assert "1 group is not corrected" in " ".join(report.warnings)


def test_data_that_contradict_label_shift_are_warned_of(run: Path, tmp_path: Path) -> None:
    """No mix of the three labels gives 97% of one prediction."""
    path = tmp_path / "p.jsonl"
    path.write_text("".join(json.dumps({"id": str(i), "label": "a" if i % 40 else "b"}) + "\n" for i in range(4000)))
    report = estimate_shares(run, path)
    assert "contradict label shift in the whole corpus" in " ".join(report.warnings)
    share = by_label(report.shares)["a"]
    assert "does not hold" in share.note and (share.method, share.corrected) == ("not corrected", None)
    make_corpus(tmp_path / "fair.jsonl", (0.5, 0.3, 0.2))
    assert estimate_shares(run, tmp_path / "fair.jsonl").warnings == ()


def test_few_held_out_articles_of_a_label_are_warned_of(tmp_path: Path) -> None:
    truth, guess = confused()
    few = ["c"] * 5
    run = write_reference_run(tmp_path / "run", truth[:200] + few, guess[:200] + few, ["s1"] * 200 + ["s2"] * 5)
    make_corpus(tmp_path / "p.jsonl", (0.5, 0.3, 0.2), group="")
    words = " ".join(estimate_shares(run, tmp_path / "p.jsonl").warnings)
    assert "Only 5 test articles have the label 'c'" in words
    assert "All test articles of 'c' are of one source" in words


def test_a_label_that_no_test_article_has_is_not_corrected(tmp_path: Path) -> None:
    run = write_reference_run(tmp_path / "run", ["a", "b"] * 50, ["a", "b"] * 50)
    make_corpus(tmp_path / "p.jsonl", (0.5, 0.3, 0.2))
    report = estimate_shares(run, tmp_path / "p.jsonl")
    assert {share.method for share in report.shares} == {"not corrected"}
    assert "no test article has the label 'c'" in report.warnings[0]
    assert "counted under any label" in report.warnings[0] and "--labelled FILE" in report.warnings[0]


@pytest.mark.parametrize(
    ("third", "said"),
    [([], "no test article has the label 'c'"), (["c"], "no test article is without 'c'")],
)
def test_of_several_labels_the_others_are_corrected_without_an_absent_one(
    third: list[str], said: str, tmp_path: Path
) -> None:
    truth = [["a", "b", *third]] * 100 + [["b", *third]] * 100 + [[*third]] * 100
    guess = [["a", "b", *third]] * 80 + [["b", *third]] * 100 + [["a"]] * 20 + [["c"]] * 100
    (tmp_path / "p.csv").write_text("id,label\n" + "1,a;b\n" * 180 + "2,b\n" * 220 + "3,c\n" * 600)
    run = write_reference_run(tmp_path / "run", truth, guess, label_separator=";")
    report = estimate_shares(run, tmp_path / "p.csv")
    found = by_label(report.shares)
    alone = write_reference_run(
        tmp_path / "alone",
        *([[name for name in given if name != "c"] for given in side] for side in (truth, guess)),
        labels=("a", "b"),
        label_separator=";",
    )
    (tmp_path / "q.csv").write_text("id,label\n" + "1,a;b\n" * 180 + "2,b\n" * 220 + "3,\n" * 600)
    expected = by_label(estimate_shares(alone, tmp_path / "q.csv").shares)
    for name in ("a", "b"):
        one, other = found[name], expected[name]
        assert (one.corrected, one.low, one.high) == (other.corrected, other.low, other.high)
        assert one.corrected is not None
    assert found["c"].corrected is None and said in found["c"].note
    assert [w for w in report.warnings if "The share of 'c' is not corrected in the whole corpus" in w and said in w]
    assert not [w for w in report.warnings if "Only 0" in w]


def test_a_model_alone_needs_labelled_articles(run: Path, tmp_path: Path) -> None:
    truth = make_corpus(tmp_path / "p.jsonl", (0.5, 0.3, 0.2))
    with pytest.raises(InputError, match=r"no evaluation on test articles(.|\n)*--labelled"):
        estimate_shares(run / "model", tmp_path / "p.jsonl")
    if find_spec("ppi_py"):
        labelled = write_labelled(tmp_path / "l.jsonl", truth, range(100))
        report = estimate_shares(run / "model", tmp_path / "p.jsonl", labelled=labelled)
        assert {share.method for share in report.shares} == {"prediction-powered"}


def test_an_ensemble_has_its_own_error_rates(tmp_path: Path) -> None:
    """Those of its members are worse."""
    write_reference_run(tmp_path / "five" / "seed-13", ["a", "b", "c"] * 40, ["b", "c", "a"] * 40)
    write_reference_run(tmp_path / "other", *confused(), sources=SOURCES)
    (tmp_path / "other" / "evaluation").rename(tmp_path / "five" / "evaluation")
    ensemble = {"members": ["seed-13/model"], "thresholds": None, "format_version": 1}
    (tmp_path / "five" / "ensemble.json").write_text(json.dumps(ensemble))
    make_corpus(tmp_path / "p.jsonl", (0.8, 0.15, 0.05), model=None)
    share = by_label(estimate_shares(tmp_path / "five", tmp_path / "p.jsonl").shares)["a"]
    assert share.corrected == pytest.approx(0.8, abs=0.08)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_the_command_writes_and_prints(
    run: Path, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from classifier.articles.readers.row import Row
    from classifier.articles.readers.table import read_rows

    make_corpus(tmp_path / "p.jsonl", (0.8, 0.15, 0.05))
    out = tmp_path / f"shares.{kind}"
    assert cli(["estimate", str(run), str(tmp_path / "p.jsonl"), "--by", "source", "--out", str(out)]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    for words in ("naive", "corrected", "95% interval", "adjusted count", "2,000", "assumes label shift"):
        assert words in printed
    rows = [row.values for row in read_rows(out) if isinstance(row, Row)]
    assert [row["label"] for row in rows] == [*NAMES, *NAMES]
    assert rows[0]["source"] in (None, "") and rows[3]["source"] == "x"
    assert float(rows[0]["low"]) < float(rows[0]["corrected"]) < float(rows[0]["high"])
    assert cli(["estimate", str(run), str(tmp_path / "p.jsonl"), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["shares"]) == 3
    assert cli(["estimate", str(run), str(tmp_path / "p.jsonl"), "--out", str(out)]) == 2
    assert "--overwrite" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--by", "label"], "has a column of that name"),
        (["--by", "nothing"], "no column 'nothing'"),
        (["--set", "train.seed=1"], "no effect here"),
        (["--set", "data.columns.label"], "takes section.key=value"),
        pytest.param(["--labelled", "missing.csv"], "missing.csv", marks=needs_ppi),
        (["--out", "shares.xls"], "cannot be written"),
    ],
)
def test_bad_input_is_one_message_and_nothing_is_written(
    run: Path, tmp_path: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make_corpus(tmp_path / "p.jsonl", (0.8, 0.15, 0.05), n=50)
    before = sorted(tmp_path.rglob("*"))
    assert cli(["estimate", str(run), str(tmp_path / "p.jsonl"), *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error and sorted(tmp_path.rglob("*")) == before


def test_after_a_real_training(tmp_path: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(120))
    new = write_jsonl(tmp_path / "new.jsonl", make_articles(100, seed=7))
    settings = options(tiny(checkpoint))
    run, labels = str(tmp_path / "run"), str(tmp_path / "labels.csv")
    assert cli(["train", str(source), "--out", run, "--quiet", *settings]) == 0
    assert cli(["predict", run, str(new), "--out", labels, "--quiet"]) == 0
    capsys.readouterr()
    assert cli(["estimate", run, labels, "--by", "source,month", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert cli(["estimate", run, labels, "--by", "source", "--by", "month", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == found
    whole = [share for share in found["shares"] if share["source"] is None]
    assert sum(share["corrected"] for share in whole) == pytest.approx(1)
    assert sum(share["naive"] for share in whole) == pytest.approx(1)
    assert {share["month"] for share in found["shares"]} >= {"2024-01", "2024-12"}
    if not find_spec("ppi_py"):
        return
    old, more = make_articles(120), [replace(one, id=f"new {one.id}") for one in make_articles(100, seed=7)]
    write_jsonl(source, [*old, *more])
    assert cli(["predict", run, str(source), "--out", labels, "--quiet", "--overwrite"]) == 0
    for sample, biased in ((old[:60], True), ([*old, *more][::4], False)):
        labelled = write_jsonl(tmp_path / "labelled.jsonl", sample)
        assert cli(["estimate", run, labels, "--labelled", str(labelled)]) == 0
        said = re.sub(r"\s+", " ", capsys.readouterr().out)
        assert ("were trained on" in said) is biased
        words = rf"of the {len(sample)} labelled articles were trained on, but only \d+ of the other"
        assert bool(re.search(words, said)) is biased
    assert cli(["estimate", run, labels, "--labelled", str(source)]) == 0
    assert "adjusted count" in capsys.readouterr().out  # nothing is left to predict


def test_sources_unlike_those_of_the_test_articles_are_warned_of(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Training saw the source of every test article, but not that of the corpus."""
    shutil.rmtree(run)
    write_reference_run(run, *confused(), sources=SOURCES)

    class Dataset:
        def column(self, split: str, name: str) -> list[str]:
            return SOURCES

    monkeypatch.setattr(reference_articles, "run_dataset", lambda _: Dataset())
    make_corpus(tmp_path / "p.jsonl", (0.5, 0.3, 0.2), group="new")
    assert "100% of the corpus come from sources" in " ".join(estimate_shares(run, tmp_path / "p.jsonl").warnings)
    make_corpus(tmp_path / "same.jsonl", (0.5, 0.3, 0.2), group="s3")
    assert "of the corpus come from sources" not in " ".join(estimate_shares(run, tmp_path / "same.jsonl").warnings)


def test_sources_are_drawn_as_a_whole(run: Path, tmp_path: Path) -> None:
    """Three sources, one of which holds all the errors."""
    truth, guess = confused()
    wrong = [
        "bad" if t != g else "good" if i % 2 else "other" for i, (t, g) in enumerate(zip(truth, guess, strict=True))
    ]
    make_corpus(tmp_path / "p.jsonl", (0.8, 0.15, 0.05), group="")
    clustered = by_label(
        estimate_shares(write_reference_run(tmp_path / "s", truth, guess, wrong), tmp_path / "p.jsonl").shares
    )["a"]
    alone = by_label(estimate_shares(run, tmp_path / "p.jsonl").shares)["a"]
    assert clustered.low is not None and alone.low is not None
    assert clustered.low < alone.low - 0.05


@needs_ppi
def test_a_planned_sample_is_weighted_by_its_probabilities(run: Path, tmp_path: Path) -> None:
    """All articles predicted "c" are drawn and a tenth of the others: counted as they are, "c" would be half."""
    path = tmp_path / "p.jsonl"
    truth = make_corpus(path, (0.6, 0.3, 0.1))
    guess = [json.loads(line)["label"] for line in path.read_text().splitlines()]
    chance = [1.0 if name == "c" else 0.1 for name in guess]
    chosen = [i for i, value in enumerate(chance) if value == 1 or np.random.default_rng(i).random() < value]
    rows = [{"id": str(i), "label": truth[i], "inclusion": chance[i]} for i in chosen]
    labelled = tmp_path / "l.jsonl"
    labelled.write_text("".join(json.dumps(row) + "\n" for row in rows))
    report = estimate_shares(run, path, labelled=labelled)
    for name, true in zip(NAMES, (0.6, 0.3, 0.1), strict=True):
        share = by_label(report.shares)[name]
        assert share.method == "prediction-powered"
        assert share.low is not None and share.high is not None
        assert share.low <= true <= share.high and share.high - share.low < 0.15
    assert report.warnings == ()
    rows[3]["label"] = None
    labelled.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert (
        f"1 of the {len(rows)} planned articles have no label"
        in estimate_shares(run, path, labelled=labelled).warnings[0]
    )


def write_groups(path: Path, groups: dict[str, list[str]], n: int = 1200) -> Path:
    """Each month's articles are spread over its sources: 40% are predicted "a", 40% "b" and 20% "c"."""
    rows = [
        {"label": NAMES[i * 10 // n % 5 // 2], "month": month, "source": sources[i % len(sources)]}
        for month, sources in groups.items()
        for i in range(n)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def differing_run(folder: Path, sources: int = 12, per_label: int = 30) -> Path:
    """Sources in which 3 to 50% of the articles of other labels are taken for "a"."""
    truth, guess, names = [], [], []
    for source in range(sources):
        taken = round(per_label * (0.03 + 0.47 * source / (sources - 1)))
        for label, wrong, times in (("a", "b", 3), ("b", "a", taken), ("c", "a", taken)):
            truth += [label] * per_label
            guess += [wrong] * times + [label] * (per_label - times)
            names += [f"s{source}"] * per_label
    return write_reference_run(folder, truth, guess, sources=names)


def widths(shares: tuple[LabelShare, ...]) -> dict[tuple[str, ...], float]:
    found: dict[tuple[str, ...], float] = {}
    for share in shares:
        assert share.low is not None and share.high is not None
        found[share.group] = found.get(share.group, 0.0) + share.high - share.low
    return found


def test_a_group_of_one_source_is_less_sure_than_one_of_many(tmp_path: Path) -> None:
    run = differing_run(tmp_path / "run")
    groups = {"one": ["new"], "two": ["new", "newer"], "many": [f"n{i}" for i in range(60)], "known": ["s6"]}
    path = write_groups(tmp_path / "p.jsonl", groups)
    width = widths(estimate_shares(run, path, by=["month"]).shares)
    assert width["one",] > 1.2 * width["two",] > 1.4 * width["many",]
    assert width["known",] < 0.7 * width["one",]
    spelt = write_groups(tmp_path / "q.jsonl", {"known": ["S6 "]})
    assert widths(estimate_shares(run, spelt, by=["month"]).shares)["known",] == pytest.approx(width["known",])


def test_a_corpus_without_sources_is_taken_to_have_many_and_that_is_said(tmp_path: Path) -> None:
    run = differing_run(tmp_path / "run")
    path = write_groups(tmp_path / "p.jsonl", {"may": [""]})
    report = estimate_shares(run, path, by=["month"])
    assert {share.method for share in report.shares} == {"adjusted count"}
    assert "assumed that each group has many sources" in " ".join(report.assumptions)
    half = estimate_shares(run, write_groups(tmp_path / "q.jsonl", {"may": ["", "new"]}))
    assert "600 articles name no source" in " ".join(half.warnings)
    assert "many sources" not in " ".join(half.assumptions)


@pytest.mark.parametrize(
    ("sources", "of_corpus", "words"),
    [
        (None, ["x"], "the test articles name no source"),
        (["s0", "s1"] * 150, ["x"], "count for 2.0 equal sources (at least 3)"),
        (["s0", "s1"] * 150, ["s0"], ""),
        (["s0"] * 300, ["s0", "x"], "count for 1.0 equal sources"),
        (["s0"] * 300, ["s0"], ""),
        (None, [f"n{i}" for i in range(12)], ""),
    ],
)
def test_one_source_is_not_corrected_where_nothing_is_known_of_single_sources(
    tmp_path: Path, sources: list[str | None] | None, of_corpus: list[str], words: str
) -> None:
    """A reference source with articles of its own, and many sources together, are."""
    run = write_reference_run(tmp_path / "run", *confused(), sources=sources)
    report = estimate_shares(run, write_groups(tmp_path / "p.jsonl", {"may": of_corpus}))
    for share in report.shares:
        assert (share.method == "not corrected") == (share.low is None) == bool(words)
        assert words in share.note


def test_labels_that_the_model_does_not_tell_apart_are_not_corrected(tmp_path: Path) -> None:
    truth = ["a"] * 100 + ["b"] * 50 + ["c"] * 50
    for right, words in ((26, "hardly tells 'b' from 'c'"), (38, "")):
        guess = ["a"] * 100 + (["b"] * right + ["c"] * (50 - right)) + (["c"] * right + ["b"] * (50 - right))
        run = write_reference_run(tmp_path / f"run{right}", truth, guess)
        make_corpus(tmp_path / f"p{right}.jsonl", (0.5, 0.3, 0.2), group="")
        report = estimate_shares(run, tmp_path / f"p{right}.jsonl")
        assert {share.method for share in report.shares} == {"not corrected" if words else "adjusted count"}
        assert all(words in share.note for share in report.shares)
        assert ("condition number" in report.shares[0].note) == bool(words)


def test_a_model_that_barely_tells_labels_apart_is_warned_of(tmp_path: Path) -> None:
    truth = ["a"] * 4000 + ["b"] * 4000
    guess = ["a"] * 2160 + ["b"] * 1840 + ["a"] * 1840 + ["b"] * 2160
    run = write_reference_run(tmp_path / "run", truth, guess, labels=("a", "b"))
    (tmp_path / "p.csv").write_text("id,label\n" + "1,a\n" * 1000 + "2,b\n" * 1000)
    report = estimate_shares(run, tmp_path / "p.csv")
    assert report.shares[0].method == "adjusted count"
    assert "hardly tells 'a' from 'b': the condition number of the error rates is 12" in " ".join(report.warnings)


def test_no_share_is_exactly_0_or_1(run: Path, tmp_path: Path) -> None:
    make_corpus(tmp_path / "p.jsonl", (1.0, 0.0, 0.0), group="")
    for share in estimate_shares(run, tmp_path / "p.jsonl").shares:
        assert share.corrected is not None and 0 < share.corrected < 1


@needs_ppi
def test_which_method_is_narrower_is_said(run: Path, tmp_path: Path) -> None:
    truth = make_corpus(tmp_path / "p.jsonl", (0.4, 0.4, 0.2), group="")
    for every, words in ((40, "adjusted count is narrower"), (2, "prediction-powered inference is narrower")):
        labelled = write_labelled(tmp_path / f"l{every}.jsonl", truth, range(0, 2000, every))
        (note,) = estimate_shares(run, tmp_path / "p.jsonl", labelled=labelled).notes
        assert words in note and f"With {2000 // every:,} labelled articles" in note
    assert estimate_shares(run, tmp_path / "p.jsonl").notes == ()


def test_groups_in_which_the_model_errs_otherwise_are_named(tmp_path: Path) -> None:
    """Three in four errors are in "post", and few other articles."""
    truth, guess = confused()
    wrong = np.array(truth) != np.array(guess)
    sources = ["post" if (wrong[i] and i % 4) or i % 20 == 0 else f"s{i % 4}" for i in range(300)]
    run = write_reference_run(tmp_path / "run", truth, guess, sources)
    make_corpus(tmp_path / "p.jsonl", (0.5, 0.3, 0.2))
    assert "errs otherwise in some groups" not in " ".join(estimate_shares(run, tmp_path / "p.jsonl").warnings)
    words = " ".join(estimate_shares(run, tmp_path / "p.jsonl", by=["source"]).warnings)
    assert "errs otherwise in some groups than in the rest: post (p = " in words
    alike = write_reference_run(tmp_path / "alike", truth, guess, SOURCES)
    assert "errs otherwise" not in " ".join(estimate_shares(alike, tmp_path / "p.jsonl", by=["source"]).warnings)


@needs_ppi
def test_a_sample_of_one_source_is_no_random_one(run: Path, tmp_path: Path) -> None:
    """The predictions need not differ: all sources have the same labels here."""
    path = tmp_path / "p.jsonl"
    truth = [*make_corpus(path, (0.4, 0.4, 0.2), group="x"), *make_corpus(path, (0.4, 0.4, 0.2), group="y", start=2000)]
    for rows, warned in ((range(0, 4000, 20), False), (range(0, 2000, 20), True)):
        labelled = write_labelled(tmp_path / "l.jsonl", truth, rows)
        words = " ".join(estimate_shares(run, path, labelled=labelled).warnings)
        assert ("are of other sources than the rest of the corpus" in words) is warned
