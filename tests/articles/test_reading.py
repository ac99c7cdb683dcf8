from classifier.articles.reading import note_columns, note_sheet, note_utf8, observed


def test_what_is_read_in_a_block_is_known_to_it_alone() -> None:
    note_columns("before.csv", {"text": "Body"})
    with observed() as outer:
        with observed() as inner:
            note_columns("a.csv", {"text": "Body", "source": "site"})
            note_sheet("a.xlsx", "Articles")
            note_utf8("b.csv")
            note_utf8("a.csv")
            note_utf8("b.csv")
        note_columns("b.csv", {"source": "outlet"})
    note_columns("after.csv", {"text": "Body"})
    assert (inner.column("text"), inner.column("source"), inner.column("date")) == ("Body", "site", None)
    assert list(inner.utf8) == ["b.csv", "a.csv"]
    assert inner.sheets == {"a.xlsx": "Articles"}
    assert outer.columns == {"b.csv": {"source": "outlet"}}
