from pathlib import Path

from classifier.temporary import named_as, path_name


def test_a_copy_has_its_name_as_long_as_anyone_reads_it(tmp_path: Path) -> None:
    """Two readers of one copy may end in any order."""
    one, other = named_as(tmp_path, "a.zip"), named_as(tmp_path, "a.zip")
    with one:
        other.__enter__()
    assert path_name(tmp_path / "in" / "a.csv") == "a.zip/in/a.csv"
    other.__exit__(None, None, None)
    assert path_name(tmp_path / "a.csv") == str(tmp_path / "a.csv")
