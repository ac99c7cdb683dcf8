import json
from dataclasses import replace
from typing import Any

import pytest

from classifier.jobs.predict.labelling import Labelling

JOB = Labelling("3f9a", "1.0", bf16=None, reading={"columns": {"text": "body"}}, sizes=(64, 256))


def test_a_job_that_was_stored_is_the_same() -> None:
    assert JOB.differences(json.loads(json.dumps(JOB.stored()))) == []


def test_everything_that_decides_scores_is_compared() -> None:
    then = {**JOB.stored(), "bf16": True, "sizes": [1], "reading": {"columns": {}}, "device": "cuda", "version": "0.9"}
    found = " ".join(JOB.differences(then))
    columns = "--set data.columns.text (not given then, 'body' now)"
    for words in ("--bf16 (True then, not given", "how rows are cut", columns, "--device ('cuda'", "the version"):
        assert words in found


@pytest.mark.parametrize(
    ("then", "found"),
    [
        ({"more": {"cascade": 0.99, "threshold": 2.5, "skipping": "4f"}}, "--cascade (0.99 then, not given now)"),
        ({"explain": "with the scores", "sizes": (64,)}, "--explain ('with the scores' then, 'no' now)"),
        ({"reading": {"columns": {"text": "body"}, "encoding": "cp1252"}}, "--encoding ('cp1252' then, not given now)"),
        ({"reading": None}, "--set data.columns.text (not given then, 'body' now)"),
    ],
)
def test_only_what_differs_is_named_as_it_is_typed(then: dict[str, Any], found: str) -> None:
    assert JOB.differences(replace(JOB, **then).stored()) == [found]
