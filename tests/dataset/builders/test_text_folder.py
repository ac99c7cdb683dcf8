from pathlib import Path

from classifier.articles.article import Article
from classifier.jobs.building.build import build
from tests.makers.articles import make_articles
from tests.makers.corpora import read_parts
from tests.makers.sources import data_settings


def text_folder(folder: Path, articles: list[Article]) -> Path:
    for article in articles:
        (folder / article.labels[0]).mkdir(parents=True, exist_ok=True)
        (folder / article.labels[0] / f"{article.id}.txt").write_text(article.text)
    return folder


def test_folders_of_text(tmp_path: Path) -> None:
    corpus = text_folder(tmp_path / "corpus", make_articles(30))
    parts = read_parts(data_settings(builder="folder", path=str(corpus)))
    assert {a.labels[0] for a in parts["all"]} == {"opinion", "reporting", "satire"}
    assert parts["all"][0].id == "opinion/a0"
    assert build(str(corpus), tmp_path / "data").info.counts["train"].articles == 21


def test_train_and_test_folders_are_the_splits(tmp_path: Path) -> None:
    for part, seed in (("train", 0), ("test", 7)):
        text_folder(tmp_path / "corpus" / part, make_articles(20, seed))
    (tmp_path / "corpus" / "train" / ".ipynb_checkpoints").mkdir()
    (tmp_path / "corpus" / "train" / ".ipynb_checkpoints" / "x.txt").write_text("not an article")
    info = build(str(tmp_path / "corpus"), tmp_path / "data").info
    assert info.labels == ("opinion", "reporting", "satire")
    assert (info.split_method, info.counts["test"].articles) == ("given", 20)
