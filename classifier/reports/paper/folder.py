"""``RUN/paper/``: methods text, references, tables and figures of a run, written together or not at all.

methods.md, methods.txt    how the run was made and how good it is
references.bib             what the text cites, and this package
tables/                    each table as LaTeX and CSV; all of them as tables.docx
figures/                   each figure as PNG, PDF and SVG
"""

from __future__ import annotations

from pathlib import Path

from classifier.files import check_free, whole_folder, write_text
from classifier.reports.paper.figures import write_figures
from classifier.reports.paper.methods import as_markdown, as_text, sections
from classifier.reports.paper.paper import read_paper
from classifier.reports.paper.references import bibtex, cited
from classifier.reports.paper.table_files import check_word, write_tables
from classifier.reports.paper.tables import paper_tables
from classifier.reports.run.record import read_run_record

FOLDER = "paper"
NEEDED = {"methods.md", "methods.txt", "references.bib", "tables", "figures"}


def write_paper(path: Path, *, out: Path | None = None, curve: Path | None = None, overwrite: bool = False) -> Path:
    """Write what a paper needs from a run, or from a folder of several seeds or folds.

    Args:
        path: the folder of the run.
        out: the folder to write; ``paper`` in the run's folder when None.
        curve: a ``learning_curve.json``, or the folder that holds it; that in the run's folder when None.
        overwrite: replace an older one, with whatever was changed in it.

    Returns:
        The folder.

    Raises:
        InputError: the run is incomplete or damaged, the folder holds something else, or python-docx is missing.

    Example:
        >>> folder = write_paper(Path("runs/first"))
        >>> sorted(entry.name for entry in folder.iterdir())
        ['figures', 'methods.md', 'methods.txt', 'references.bib', 'tables']
    """
    folder = path / FOLDER if out is None else out
    check_word()
    record = read_run_record(path, curve=curve)
    check_free(folder, needed=NEEDED, allowed=set(), overwrite=overwrite)
    paper = read_paper(record)
    text = sections(paper)
    keys = cited(sentence for section in text for sentence in section.sentences)
    with whole_folder(folder) as partial:
        write_text(partial / "methods.md", as_markdown(text))
        write_text(partial / "methods.txt", as_text(text, paper.version))
        write_text(partial / "references.bib", bibtex(keys, paper.version))
        write_tables(paper_tables(record), partial / "tables")
        write_figures(record, partial / "figures")
    return folder
