import pytest

from classifier.evaluation.drift import Drift, Kind, KindOfDrift
from classifier.reports.drift import NAMES, drift_warning, how_measured, kind_words

KINDS: dict[Kind, tuple[KindOfDrift, str]] = {
    "length": (
        KindOfDrift("length", 0.41, 0.2, 0, 5410, 1203, 500, 300),
        "they are shorter, 1,203 characters against 5,410 in the median (distance of the distributions .41",
    ),
    "words": (KindOfDrift("words", 0.62, 0.14, 0.05, 0.05, 0.62, 500, 300), "62% of their words occur in no training"),
    "languages": (
        KindOfDrift("languages", 0.97, 0.05, 0, 0, 0.97, 400, 300),
        "97% are in languages that the model does not know (threshold 5%)",
    ),
    "scores": (
        KindOfDrift("scores", 0.35, 0.24, 0, 0.93, 0.61, 65, 300),
        "the model is less sure of them, with a highest score of .61 against .93 on validation",
    ),
    "distance": (
        KindOfDrift("distance", 0.84, 0.65, 0.5, 7, 9, 500, 300),
        "they lie farther from the training articles than articles like those do in 84% of pairs",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_warning_has_the_numbers_of_what_differs_and_says_what_to_do(kind: Kind) -> None:
    found = Drift(300, 300, tuple(one for one, _ in KINDS.values() if one.kind == kind), {})
    said = drift_warning(found, "runs/genre")
    assert KINDS[kind][1] in said
    assert said.startswith("these articles differ from those of training, so figures on test articles do not tell")
    assert said.endswith("classifier evaluate runs/genre --data labelled.csv")


def test_two_scores_that_differ_are_seen_to_differ() -> None:
    surer = KindOfDrift("scores", 0.35, 0.24, 0, 0.9981, 0.9993, 65, 300)
    said = drift_warning(Drift(300, 300, (surer,), {}), "RUN")
    assert "surer of them, with a highest score of .999 against .998 on" in said


def test_kinds_below_their_thresholds_are_not_in_the_warning() -> None:
    low = KindOfDrift("scores", 0.1, 0.24, 0, 0.93, 0.61, 65, 300)
    said = drift_warning(Drift(300, 300, (KINDS["words"][0], low), {}), "RUN")
    assert "62%" in said and "the model is" not in said


def test_what_it_rests_on_is_said() -> None:
    by_article = " ".join(how_measured(Drift(2_000, 1_000, (KINDS["words"][0],), {}, languages=("en", "fr"))))
    assert "1,000 articles of 2,000 were compared" in by_article and "English and French" in by_article
    assert "Sources were not mixed" in by_article
    assert "mixing whole sources" in " ".join(how_measured(Drift(9, 9, (), {}, by_source=True)))
    assert set(NAMES) == set(KINDS) and all(kind_words(kind) for kind, _ in KINDS.values())
