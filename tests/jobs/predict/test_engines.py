import pytest

from classifier.errors import InputError
from classifier.jobs.predict.cluster import session
from classifier.jobs.predict.engines import check_engine


@pytest.mark.parametrize(
    ("name", "more", "message"),
    [
        ("rays", {}, r"--engine is local or ray\. Got 'rays' instead\. Did you mean 'ray'\?"),
        ("local", {"address": "auto"}, r"--address is for the workers of a Ray cluster\.\nFix: Add --engine ray"),
        ("local", {"workers": 2}, r"--workers is for the workers of a Ray cluster\.\nFix: Add --engine ray"),
        ("ray", {"workers": 0}, r"--workers must be 1 or more\. Got 0 instead"),
    ],
)
def test_what_does_not_go_together_is_refused(name: str, more: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_engine(name, **more)  # type: ignore[arg-type]


def test_a_missing_package_is_said_before_anything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    check_engine("local")
    monkeypatch.setattr(session, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"article-classifier\[ray\]"):
        check_engine("ray")
