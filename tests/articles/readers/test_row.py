from classifier.articles.readers.row import is_unicode, surrogate_fault


def test_half_a_surrogate_pair_is_no_unicode() -> None:
    assert is_unicode({"text": "caf\u00e9 \U0001f600"})
    assert not is_unicode({"text": ["\ud83d"]})
    assert surrogate_fault("a.jsonl:1").where == "a.jsonl:1"
