from classifier.config_file import make_config, parse_settings


def test_a_cut_date_is_a_toml_date_or_a_string() -> None:
    for day in ("2024-05-31", '"2024-05-31"', "2024-05-31T10:00:00"):
        split = make_config({}, parse_settings(["split.method=temporal", f"split.test_from={day}"])).split
        assert split.test_from == "2024-05-31"
