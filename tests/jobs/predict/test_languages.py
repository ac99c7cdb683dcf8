from dataclasses import replace
from pathlib import Path

import pytest

from classifier.articles.article import Article
from classifier.jobs.predict.languages import ArticleSample, LanguageWatch, warn_of_new_languages
from classifier.jobs.predict.predict import predict
from tests.makers.articles import write_jsonl
from tests.makers.labelling import run
from tests.makers.languages import articles_in
from tests.makers.models import make_model_folder
from tests.makers.runs import make_model_info

INFO = replace(make_model_info(), languages={"en": True})


def test_articles_in_a_language_that_training_lacked_are_said(caplog: pytest.LogCaptureFixture) -> None:
    warn_of_new_languages(INFO, articles_in("en", "fr"))
    assert (
        "50% of the articles are in languages that the model does not know: French 50% (such as a.csv:fr0)"
        in caplog.text
    )
    assert "the model knows English alone" in caplog.text
    assert "They are labelled all the same" in caplog.text
    assert "such as --set model.name=intfloat/multilingual-e5-small" in caplog.text


def test_a_language_that_the_encoder_does_not_read_is_not_known(caplog: pytest.LogCaptureFixture) -> None:
    warn_of_new_languages(replace(INFO, languages={"fr": False}), articles_in("fr"))
    assert "its encoder does not read them" in caplog.text
    caplog.clear()
    warn_of_new_languages(replace(INFO, languages={"en": True, "fr": False}), articles_in("en", "fr"))
    assert "the model knows English alone" in caplog.text


@pytest.mark.parametrize("languages", [None, {}, {"en": True, "fr": True}])
def test_nothing_is_said_of_known_languages_and_by_older_models(
    languages: dict[str, bool] | None, caplog: pytest.LogCaptureFixture
) -> None:
    warn_of_new_languages(replace(INFO, languages=languages), articles_in("en", "fr"))
    warn_of_new_languages(INFO, [])
    assert "in languages that" not in caplog.text


def test_a_sample_holds_each_article_equally_often_on_average() -> None:
    sample = ArticleSample(500)
    for i in range(2_000):
        sample.add(Article(str(i), "Text."))
    numbers = [int(article.id) for article in sample.articles]
    assert (len(set(numbers)), sample.seen) == (500, 2_000)
    assert 900 < sum(numbers) / 500 < 1_100  # 1,000 is expected, with a standard error of 22
    assert [a.id for a in ArticleSample(3).articles] == []


def test_predict_looks_at_files(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = write_jsonl(tmp_path / "new.jsonl", articles_in("en", "fr"))
    run(tmp_path / "out.jsonl", source, info=INFO)
    assert f"50% of the articles are in languages that the model does not know: French 50% (such as {source}:13)" in (
        caplog.text
    )
    caplog.clear()
    run(tmp_path / "older.jsonl", source, info=replace(INFO, languages=None))
    assert "in languages that" not in caplog.text


def test_a_long_job_is_warned_early_and_once(caplog: pytest.LogCaptureFixture) -> None:
    late = LanguageWatch(INFO)
    for _ in range(8):
        late.add(articles_in("en"))
    assert not late.warned
    for _ in range(120):
        late.add(articles_in("fr"))
    assert "of the first 1,0" in caplog.text
    late.end()
    assert caplog.text.count("are in languages that") == 1


def test_articles_in_memory_are_looked_at_too(
    tmp_path: Path, checkpoint: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = make_model_folder(tmp_path / "model", checkpoint, languages={"en": True})
    found = predict(model, [article.text for article in articles_in("en", "fr")])
    assert all(record["label"] for record in found)
    assert "French 50% (such as " in caplog.text
