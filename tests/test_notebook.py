"""Results and pages in a notebook: pages, and all of it in a real kernel."""

from __future__ import annotations

import os
import subprocess
import sys
import webbrowser
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import classifier
from classifier.errors import InputError
from classifier.notebook import show_page

INLINE = "module://matplotlib_inline.backend_inline"  # what a kernel sets for all that it starts


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "run" / "report.html"
    path.parent.mkdir()
    path.write_text('<p class="a">ünder \'one\' & "two"</p>', encoding="utf-8")
    return path


@pytest.mark.parametrize("folder", [True, False])
def test_a_page_is_copied_into_the_cell(page: Path, monkeypatch: pytest.MonkeyPatch, folder: bool) -> None:
    shown: list[Any] = []
    ipython, shows = ModuleType("IPython"), ModuleType("IPython.display")
    ipython.get_ipython = lambda: SimpleNamespace(kernel=object())  # type: ignore[attr-defined]
    shows.display = lambda picture, *, raw: shown.append(picture)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", shows)
    show_page(page.parent if folder else page)
    [picture] = shown
    assert (
        'srcdoc="&lt;p class=&quot;a&quot;&gt;ünder &#x27;one&#x27; &amp; &quot;two&quot;&lt;/p&gt;"'
        in picture["text/html"]
    )
    assert picture["text/plain"] == str(page)


@pytest.mark.parametrize("opens", [True, False])
def test_outside_of_a_notebook_the_browser_opens_it(
    page: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], opens: bool
) -> None:
    opened: list[str] = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(webbrowser, "get", object)
    monkeypatch.setattr(webbrowser, "open", lambda address: opened.append(address) or opens)
    show_page(page)
    assert opened == [page.as_uri()]
    said = capsys.readouterr().out
    assert ("Opened in the browser" if opens else "Open this file in a browser") in said
    assert str(page) in said


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there a window can always open")
@pytest.mark.parametrize("display", [True, False])
def test_without_a_browser_it_says_where_the_page_is(
    page: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], display: bool
) -> None:
    def nothing(*_: object) -> Any:
        raise webbrowser.Error("none")

    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.setenv(name, ":0" if display else "")
    monkeypatch.setattr(webbrowser, "get", nothing)
    show_page(page.parent)
    assert f"Open this file in a browser: {page}" in capsys.readouterr().out


@pytest.mark.parametrize(("name", "says"), [("", "no page in"), ("a.csv", "is no page"), ("missing", "is no page")])
def test_what_has_no_page_is_refused(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "a.csv").write_text("text\n")
    with pytest.raises(InputError, match=says):
        show_page(tmp_path / name)


CELLS = [
    "import os, sys, classifier, classifier.bars\nclassifier.bars.NOTEBOOK_SECONDS = 0  # it is short\n"
    "print(os.environ['MPLBACKEND'])",
    "report = classifier.train('datasets/mine', out='runs/third', settings={'evaluate.bootstrap_samples': 100})",
    "report",
    "model = classifier.Classifier.load('runs/third')\nmodel",
    "os.makedirs('elsewhere'); full = os.path.abspath('runs/third'); os.chdir('elsewhere'); classifier.show_page(full)",
    "os.chdir('..'); report.show()",
    "estimator = classifier.ArticleClassifier('models/tiny', max_length=32)\n"
    "estimator.fit(['The council voted.', 'We should be ashamed.'] * 12, ['reporting', 'opinion'] * 12)",
]


def test_a_kernel_shows_bars_results_and_pages(in_examples: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": in_examples}}
    ).execute()
    outputs = [cell.outputs for cell in notebook.cells]
    words = [[out.get("data", {}).get("text/html", "") for out in cell if "data" in out] for cell in outputs]
    assert outputs[0][0].text.strip() == INLINE
    assert len(words[1]) == 1  # all bars of the training in one place
    assert [out for out in outputs[1] if out.output_type == "stream" and "%|" in out.text] == []
    assert "test articles" in words[2][0]
    assert "one of 3 labels" in words[3][0]
    assert "BertModel" not in words[3][0]
    for shown in (words[4][0], words[5][0]):
        assert shown.startswith("<iframe srcdoc=")
        assert "macro F1" in shown
    assert "ArticleClassifier" in words[6][-1]
    assert "BertModel" not in words[6][-1]


@pytest.mark.parametrize("backend", [INLINE, "module://not.installed.here"])
def test_the_backend_of_a_kernel_breaks_no_command(in_examples: Path, backend: str) -> None:
    root = str(Path(classifier.__file__).parent.parent)
    page = in_examples / "runs" / "first" / "report.html"
    page.unlink()
    done = subprocess.run(
        [sys.executable, "-m", "classifier", "report", "runs/first"],
        env={**os.environ, "MPLBACKEND": backend, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "<svg" in page.read_text(encoding="utf-8")
