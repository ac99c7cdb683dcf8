"""The notebooks of the documentation run from the first cell to the last, on the sample corpus, offline."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
NAMES = [path.stem for path in NOTEBOOKS]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """The notebooks beside their data, where they may write."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    return shutil.copytree(ROOT / "docs" / "notebooks", tmp_path / "docs" / "notebooks")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_it_runs(name: str, here: Path) -> None:
    notebook = nbformat.read(here / f"{name}.ipynb", 4)
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": here}}).execute()
    outputs = [(cell.source, out) for cell in notebook.cells if cell.cell_type == "code" for out in cell.outputs]
    assert [out.text for _, out in outputs if out.output_type == "stream"] == []  # no warning, no log, no foreign bar
    assert "BertModel" not in str(outputs)
    shown = [out.data["text/html"] for source, out in outputs if source.endswith("report") and "data" in out]
    assert "macro F1" in shown[-1]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_stored_without_outputs_and_its_links_lead_somewhere(name: str) -> None:
    """Outputs would be those of another day."""
    path = ROOT / "docs" / "notebooks" / f"{name}.ipynb"
    notebook = nbformat.read(path, 4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell for cell in code if cell.outputs or cell.execution_count] == []
    links = re.findall(r"\]\(([^)#]+)", "".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown"))
    assert links
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_each_is_named_in_the_documentation() -> None:
    assert NAMES == ["genre", "shares", "stance"]
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    assert [name for name in NAMES if f"(notebooks/{name}.ipynb)" not in page] == []
