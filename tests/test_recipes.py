"""Recipes of docs/predicting.md, copied and pasted."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.makers.articles import make_articles, write_jsonl
from tests.makers.models import make_model_folder

PAGE = Path(__file__).parent.parent / "docs" / "predicting.md"
JOBS = 2
SBATCH = f"""#!/bin/bash
# stands for Slurm's: an array is {JOBS} processes at once
export SLURM_CPUS_PER_TASK=1
for last; do :; done
if [ "$1" = --parsable ]; then
    export SLURM_ARRAY_TASK_COUNT={JOBS}
    for number in $(seq {JOBS}); do
        SLURM_ARRAY_TASK_ID=$number bash "$last" >&2 || echo "$number" >> failed &
    done
    wait
    echo 7
else
    ls labels.parquet.parts/*.part > labelled
    case "$1" in --dependency=afterany:7) bash -c "$last" >&2 ;; *) exit 3 ;; esac
fi
"""


def blocks(page: Path) -> list[str]:
    """The indented blocks of a page: what is to be copied."""
    found = re.findall(r"(?:^    .*\n)+", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in found]


def program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.mark.skipif(sys.platform == "win32", reason="Slurm runs on Linux")
def test_the_array_of_slurm_writes_what_one_job_writes(
    tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_model_folder(tmp_path / "runs" / "first", checkpoint)
    write_jsonl(tmp_path / "archive.jsonl", make_articles(1500))
    (tmp_path / "bin").mkdir()
    program(tmp_path / "bin" / "classifier", f'#!/bin/bash\nexec "{sys.executable}" -m classifier "$@"\n')
    program(tmp_path / "bin" / "sbatch", SBATCH)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    script = next(block for block in blocks(PAGE) if block.startswith("#!/bin/bash\n#SBATCH --array"))
    commands = next(block for block in blocks(PAGE) if "sbatch --parsable label.sh" in block)
    (tmp_path / "label.sh").write_text(script)
    subprocess.run(["bash", "-e"], input=commands, text=True, check=True)
    assert not (tmp_path / "failed").exists()
    assert len((tmp_path / "labelled").read_text().splitlines()) == 4, "all chunks, before the last command"
    whole = commands.rpartition('--wrap "')[2].partition('"')[0].replace("labels.parquet", "whole.parquet")
    subprocess.run(["bash", "-c", whole], check=True)
    assert (tmp_path / "labels.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert not (tmp_path / "labels.parquet.parts").exists()
