import subprocess
import sys

import pytest

import classifier.articles
from classifier.articles.article import Article


def test_a_room_gives_its_nouns_on_first_use() -> None:
    assert classifier.articles.Article is Article
    assert {"Article", "LabelSet"} <= set(dir(classifier.articles))
    with pytest.raises(AttributeError, match=r"module 'classifier\.articles' has no attribute 'Artikel'"):
        _ = classifier.articles.Artikel


def test_importing_the_rooms_loads_nothing_heavy() -> None:
    program = (
        "import sys, classifier.articles, classifier.dataset, classifier.models, classifier.evaluation;"
        "print({'torch', 'transformers', 'datasets', 'sklearn', 'pandas', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
