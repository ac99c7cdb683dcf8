import re
import tomllib
from pathlib import Path

import pytest
import yaml

from classifier._version import DISTRIBUTION, __version__
from classifier.reports.paper.references import AUTHORS, LICENCE, REFERENCES, bibtex, cited, package_reference

ROOT = Path(__file__).parents[3]


def test_the_citation_file_and_the_package_agree() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert citation["cff-version"] == "1.2.0" and citation["message"] and citation["type"] == "software"
    assert citation["version"] == __version__ == project["version"]
    assert citation["license"] == LICENCE == project["license"]
    assert [one["name"] for one in citation["authors"]] == [AUTHORS] == [one["name"] for one in project["authors"]]
    assert citation["title"] == package_reference(__version__).fields["title"] and DISTRIBUTION in citation["title"]


@pytest.mark.parametrize("key", REFERENCES)
def test_every_work_has_what_its_kind_needs(key: str) -> None:
    work = REFERENCES[key]
    needed = {"article": {"journal", "volume"}, "inproceedings": {"booktitle"}, "book": {"publisher"}}
    assert {"author", "title", "year", *needed.get(work.kind, set())} <= work.fields.keys()
    assert re.fullmatch(r"[a-z]+(19|20)\d\d", key) and key.endswith(work.fields["year"])
    assert work.words.lower().startswith(re.match("[a-z]+", key)[0])  # type: ignore[index]


def test_only_what_is_cited_is_listed_and_the_package_always() -> None:
    written = bibtex(cited(["One [@rubin1981], and [@nobody2000]."]), "9.9")
    assert re.findall(r"^@\w+\{(\w+),$", written, re.M) == ["articleclassifier", "rubin1981"]
    assert "version 9.9" in written and "{Bayesian}" in written
    assert written.count("{") == written.count("}")
