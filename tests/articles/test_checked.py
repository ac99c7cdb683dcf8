import pytest

from classifier.articles.article import Article
from classifier.articles.checked import checked
from classifier.articles.readers.row import Row
from classifier.articles.rows import read_articles
from classifier.errors import InputError


def test_every_bad_row_and_double_id_is_reported_at_once() -> None:
    rows = [
        Row(f"f.csv:{n}", {"id": str(n % 2), "text": "" if n == 2 else "some text", "label": "a"}) for n in range(2, 6)
    ]
    with pytest.raises(InputError) as error:
        checked(read_articles(rows, {}, labelled=True), "'f.csv'")
    assert [fault.where for fault in error.value.faults] == ["f.csv:2", "f.csv:5"]


@pytest.mark.parametrize(("count", "end"), [(30, ", 'label 29'."), (1000, ", 'label 29' and 970 more.")])
def test_the_labels_of_a_model_are_named_as_far_as_one_reads_them(count: int, end: str) -> None:
    with pytest.raises(InputError) as error:
        checked([Article("1", "Rain.", ("news",))], "'a.csv'", labels=[f"label {n}" for n in range(count)])
    assert error.value.fix.endswith(end)
