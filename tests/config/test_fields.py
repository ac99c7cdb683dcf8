from classifier.config_file import make_config


def test_one_name_needs_no_list() -> None:
    assert make_config({}, {"split.group_by": "source"}).split.group_by == ("source",)
