from pathlib import Path

import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.articles.readers.row import Row
from classifier.errors import InputError
from classifier.jobs.predict.chunks import Chunk
from classifier.jobs.predict.engine import Scored
from classifier.jobs.predict.labelling import Labelling
from classifier.jobs.predict.part import part_of
from classifier.jobs.predict.parts import Parts, parts_folder, writing_parts

JOB = Labelling("3f9a", "1")


def chunk(number: int, rows: int = 2, text: str = "x") -> Chunk:
    each = tuple(Row(f"a:{number}{n}", {"text": text}) for n in range(rows))
    return Chunk(number, 0, each, tuple(Article("1", text) for _ in each))


def filled(out: Path, count: int) -> Parts:
    parts = Parts.open(out, JOB)
    for number in range(count):
        parts.add(part_of(Scored(chunk(number), np.full((2, 2), 0.5, dtype=np.float32))))
    return parts


def test_one_part_stays_in_memory_and_more_are_files(tmp_path: Path) -> None:
    one = filled(tmp_path / "a.csv", 1)
    assert not one.kept and [part.number for part in one] == [0] and one.read(1) is None
    several = filled(tmp_path / "b.csv", 3)
    assert [part.number for part in several] == [0, 1, 2]
    names = sorted(path.name for path in parts_folder(tmp_path / "b.csv").iterdir())
    assert names == ["00000000.part", "00000001.part", "00000002.part", "job.json"]
    again = Parts.open(tmp_path / "b.csv", JOB)
    assert again.count == 3 and again.check_same(chunk(1), again.read(1))  # type: ignore[arg-type]


def test_removing_leaves_nothing_and_what_is_missing_is_said(tmp_path: Path) -> None:
    parts = filled(tmp_path / "b.csv", 3)
    (parts.folder / "00000001.part").unlink()
    with pytest.raises(InputError, match=r"00000001\.part' is missing or damaged"):
        list(parts)
    parts.remove()
    assert not list(tmp_path.iterdir()) and not parts.count


def test_a_chunk_is_compared_with_its_part(tmp_path: Path) -> None:
    parts = filled(tmp_path / "b.csv", 3)
    last = parts.read(2)
    assert last is not None
    assert not parts.check_same(chunk(2, rows=3), last)
    middle = parts.read(1)
    assert middle is not None
    assert not parts.check_same(chunk(1, rows=3), middle), "another shard may have labelled what follows"
    with pytest.raises(InputError, match="The input has changed"):
        parts.check_same(chunk(1, text="y"), middle)
    with pytest.raises(InputError, match="and more were labelled"):
        parts.check_same(chunk(1, rows=1), middle)
    with pytest.raises(InputError, match="The input has 4 rows"):
        parts.check_end(2, 4)
    parts.check_end(3, 6)


def test_an_output_is_known_by_what_was_noted_of_it(tmp_path: Path) -> None:
    parts = filled(tmp_path / "b.csv", 2)
    partial = tmp_path / "partial"
    partial.write_text("whole")
    parts.note_done(partial, {"articles": 4})
    assert parts.done() is None
    partial.rename(tmp_path / "b.csv")
    assert dict(parts.done() or {})["articles"] == 4
    (tmp_path / "b.csv").write_text("other")
    assert parts.done() is None


def test_parts_of_another_format_are_refused(tmp_path: Path) -> None:
    parts = filled(tmp_path / "b.csv", 2)
    (parts.folder / "job.json").write_text('{"format": 99}')
    with pytest.raises(InputError, match=r"another version of classifier\.\nFix: .* To start anew, .*--overwrite"):
        Parts.open(tmp_path / "b.csv", JOB)
    assert not Parts.open(tmp_path / "b.csv", JOB, overwrite=True).count and not list(tmp_path.iterdir())


def test_an_error_of_the_system_says_where_the_parts_are(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match=r"(?s)No space left on device.*Fix: What was labelled"),
        writing_parts(tmp_path),
    ):
        raise OSError(28, "")
    with pytest.raises(InputError, match=r"(?s)odd\.\nFix: Make room"), writing_parts(tmp_path / "none"):
        raise OSError("odd.")
