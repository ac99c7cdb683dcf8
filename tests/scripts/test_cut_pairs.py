"""A few pairs cut from FNC-1."""

import csv
import json
from pathlib import Path

import cut_pairs
import pytest
import typer
from typer.testing import CliRunner

app = typer.Typer()
app.command()(cut_pairs.main)


@pytest.mark.parametrize("related", [True, False])
def test_no_body_is_in_both_and_the_same_call_cuts_the_same(tmp_path: Path, related: bool) -> None:
    _write(tmp_path / "train_bodies.csv", [{"Body ID": n, "articleBody": f"text {n}"} for n in range(20)])
    stances = ("agree", "unrelated", "unrelated")
    pairs = [{"Headline": f"claim {k}", "Body ID": k % 20, "Stance": stances[k % 3]} for k in range(300)]
    _write(tmp_path / "train_stances.csv", pairs)
    more = ["--train", "30", "--test", "20", *(["--related"] if related else [])]
    cut = []
    for name in ("one", "two"):
        out = tmp_path / name
        assert CliRunner().invoke(app, [str(tmp_path), "--out", str(out), *more]).exit_code == 0
        cut.append([[json.loads(line) for line in (out / f"{part}.jsonl").open()] for part in ("train", "test")])
    assert cut[0] == cut[1]
    train, test = cut[0]
    assert (len(train), len(test)) == (30, 20)
    assert not {row["source"] for row in train} & {row["source"] for row in test}
    assert all(row["text"] == f"text {row['source'][1:]}" for row in train)
    assert ("unrelated" in {row["label"] for row in train}) is not related


def _write(path: Path, rows: list[dict[str, object]]) -> None:
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
