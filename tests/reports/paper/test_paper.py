"""What a paper is made from is read from the run; what is gone is None."""

import shutil
from pathlib import Path

from classifier.config_file import load_config
from classifier.reports.paper.paper import read_paper
from classifier.reports.run.record import read_run_record


def test_what_is_gone_is_none(in_examples: Path) -> None:
    run = in_examples / "runs" / "first"
    paper = read_paper(read_run_record(run))
    assert paper.config == load_config(run / "config.toml")
    assert [model is not None for model in paper.models] == [True]
    assert paper.corpus is not None and paper.version == paper.record.manifest["classifier"]
    shutil.rmtree(run / "model")
    assert read_paper(read_run_record(run)).models == (None,)
