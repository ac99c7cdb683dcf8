def test_class_labels_of_a_hub_dataset_become_names() -> None:
    import datasets

    from classifier.dataset.builders.hub_rows import dataset_rows

    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])})
    given = datasets.Dataset.from_dict({"text": ["a b", "c d"], "label": [1, -1]}, features=features)
    assert [row.values["label"] for row in dataset_rows(given, "x")] == ["yes", None]


def test_class_ids_beyond_the_names_are_no_labels_and_say_so() -> None:
    import datasets

    from classifier.articles.rows import read_articles
    from classifier.dataset.builders.hub_rows import dataset_rows
    from classifier.errors import Fault

    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.Value("int64")})
    given = datasets.Dataset.from_dict({"text": ["a b", "c d"], "label": [1, 7]}, features=features)
    given.info.features["label"] = datasets.ClassLabel(names=["no", "yes"])
    good, bad = read_articles(dataset_rows(given, "x"), {}, labelled=True)
    assert not isinstance(good, Fault)
    assert str(bad) == "x, row 2: label must be a name. Got the class id 7, where the ids go from 0 to 1, instead"
