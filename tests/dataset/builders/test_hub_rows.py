def test_class_labels_of_a_hub_dataset_become_names() -> None:
    import datasets

    from classifier.dataset.builders.hub_rows import dataset_rows

    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])})
    given = datasets.Dataset.from_dict({"text": ["a b", "c d"], "label": [1, -1]}, features=features)
    assert [row.values["label"] for row in dataset_rows(given, "x")] == ["yes", None]
