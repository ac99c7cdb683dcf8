"""The layout is the documentation: imports go one way, and the README names each module."""

import ast
import re
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "classifier"
ORDER = [
    "errors",
    "config",
    "config_file",
    "progress",
    "readers",
    "articles",
    "annotations",
    "stripping",
    "sentences",
    "labels",
    "duplicates",
    "splits",
    "subsets",
    "folders",
    "hub_rows",
    "exports",
    "spool",
    "builders",
    "corpus",
    "corrections",
    "settling",
    "given_splits",
    "assigning",
    "resampling",
    "metrics",
    "extrapolation",
    "acquisition",
    "baselines",
    "blending",
    "calibration",
    "abstention",
    "reliability",
    "leakage",
    "giveaways",
    "dataset_folder",
    "dataset_writer",
    "extending",
    "interchange",
    "weights",
    "relevance",
    "encoding",
    "attention",
    "prefetch",
    "batching",
    "undersampling",
    "dropout",
    "device",
    "model",
    "survey",
    "findings",
    "rendering",
    "charts",
    "page",
    "building",
    "run_folder",
    "ensemble",
    "inference",
    "evidence",
    "controls",
    "presets",
    "embedding",
    "probe",
    "freezing",
    "distributed",
    "optimizer",
    "training",
    "checkpoints",
    "scoring",
    "fitting",
    "writers",
    "grouping",
    "evaluation",
    "slices",
    "mistakes",
    "paired",
    "comparison",
    "trackers",
    "model_card",
    "records",
    "excerpts",
    "verdicts",
    "curves",
    "report",
    "assessment",
    "prediction",
    "workflow",
    "single_split",
    "learners",
    "learning_curve",
    "curve_page",
    "pool",
    "repeats",
    "cross_validation",
    "out_of_fold",
    "label_issues",
    "doubts",
    "audit_report",
    "audit",
    "seeds",
    "search_space",
    "study",
    "tuning",
    "prevalence",
    "tally",
    "held_out",
    "estimation",
    "console",
    "summary",
    "interrupts",
    "commands",
    "cli",
    "__main__",
]


def imported(path: Path) -> set[str]:
    """Modules of the package that a file imports, also inside functions; not those for type checking."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "classifier":
            found |= {alias.name for alias in node.names if alias.name in ORDER}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("classifier."):
            found.add((node.module or "").split(".")[1])
    return found


def test_every_module_has_a_place() -> None:
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"} | {"builders", "commands"}
    assert modules == set(ORDER)


def test_a_module_imports_only_from_those_before_it() -> None:
    for name in ORDER:
        folder = PACKAGE / name
        for path in folder.glob("*.py") if folder.is_dir() else [PACKAGE / f"{name}.py"]:
            late = {other for other in imported(path) if ORDER.index(other) > ORDER.index(name)}
            assert not late, f"{path.name} imports {late}, which come after it"


def test_siblings_do_not_import_one_another() -> None:
    siblings = {"evaluation", "prediction", "fitting"}
    for name in siblings:
        assert not imported(PACKAGE / f"{name}.py") & (siblings - {name})
    builders = {path.stem for path in (PACKAGE / "builders").glob("*.py")} - {"__init__"}
    for name in builders:
        source = (PACKAGE / "builders" / f"{name}.py").read_text()
        assert not re.search(r"from classifier\.builders", source)
    shared = {"options", "output"}
    for path in (PACKAGE / "commands").glob("*.py"):
        others = set(re.findall(r"from classifier\.commands\.(\w+)", path.read_text()))
        assert others <= shared, f"{path.name} imports another command"


def test_no_module_is_long() -> None:
    for path in PACKAGE.rglob("*.py"):
        assert len(path.read_text().splitlines()) <= 420, path.name


def test_the_readme_names_each_module() -> None:
    readme = (PACKAGE.parent / "README.md").read_text(encoding="utf-8")
    for name in ORDER[:-1]:
        assert f"`{name}`" in readme or f"`{name}/`" in readme, name
