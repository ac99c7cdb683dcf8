import json

from classifier.jobs.predict.labelling import Labelling

JOB = Labelling("3f9a", "1.0", bf16=None, reading={"columns": {"text": "body"}}, sizes=(64, 256))


def test_a_job_that_was_stored_is_the_same() -> None:
    assert JOB.differences(json.loads(json.dumps(JOB.stored()))) == []


def test_everything_that_decides_scores_is_compared() -> None:
    then = {**JOB.stored(), "bf16": True, "sizes": [1], "reading": {"columns": {}}, "device": "cuda", "version": "0.9"}
    found = " ".join(JOB.differences(then))
    for words in ("--bf16 (True then", "how rows are cut", "how the input is read", "--device ('cuda'", "the version"):
        assert words in found
