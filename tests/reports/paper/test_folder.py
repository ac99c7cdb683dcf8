import re
from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.reports.paper.folder import write_paper

pytestmark = pytest.mark.usefixtures("in_examples")


def test_all_parts_are_there_and_what_is_cited_is_listed() -> None:
    folder = write_paper(Path("runs/first"))
    assert folder == Path("runs/first/paper")
    text = (folder / "methods.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^@\w+\{(\w+),$", (folder / "references.bib").read_text(encoding="utf-8"), re.M))
    assert {*re.findall(r"@([a-z]+\d*)", text)} == listed
    assert (folder / "tables" / "figures.tex").exists() and (folder / "figures" / "classes.pdf").exists()


def test_an_older_one_is_kept_unless_it_is_to_be_replaced() -> None:
    folder = write_paper(Path("runs/first"), out=Path("paper"))
    (folder / "methods.md").write_text("my own words")
    with pytest.raises(InputError, match="--overwrite"):
        write_paper(Path("runs/first"), out=Path("paper"))
    assert (folder / "methods.md").read_text() == "my own words"
    write_paper(Path("runs/first"), out=Path("paper"), overwrite=True)
    assert (folder / "methods.md").read_text() != "my own words"
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="something else"):
        write_paper(Path("runs/first"), out=Path("paper"), overwrite=True)


def test_what_is_no_run_is_refused_and_nothing_is_written() -> None:
    with pytest.raises(InputError):
        write_paper(Path("datasets/mine"), out=Path("paper"))
    assert not Path("paper").exists()
