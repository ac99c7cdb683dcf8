from classifier.articles.article import Article, as_record, input_text


def test_an_article_as_a_record_has_the_columns_that_have_a_value() -> None:
    article = Article("1", "Body.", ("a",), title="Title", date="2024-05-31", extra={"n": None, "words": 3})
    record = {"id": "1", "text": "Body.", "label": "a", "title": "Title", "date": "2024-05-31", "n": None, "words": 3}
    assert as_record(article) == record
    assert as_record(Article("1", "Body.", ("a", "b")))["label"] == ["a", "b"]
    assert as_record(Article("1", "Body."))["label"] == []


def test_the_title_is_joined_once() -> None:
    assert input_text(Article("1", "Body.", title="Title")) == "Title\n\nBody."
    assert input_text(Article("1", "Title\nBody.", title="Title")) == "Title\nBody."
    assert input_text(Article("1", "Body.")) == "Body."
