"""An estimator's errors are values that scikit-learn knows, in the words of its arguments."""

from __future__ import annotations

import pytest

from classifier.errors import Fault, InputError
from classifier.jobs.scikit_learn.sample_error import SampleError, as_value_error


def raised(message: str, fix: str = "", *faults: Fault) -> SampleError:
    with pytest.raises(SampleError) as caught, as_value_error():
        raise InputError(message, fix=fix, faults=faults)
    return caught.value


@pytest.mark.parametrize(
    ("fix", "becomes"),
    [
        ("Put it into a list: predict([text])", "Put it into a list: [text]"),
        ("Put them into a list: sorted(texts)", "Put them into a list: sorted(texts)"),
        ('Give its column: predict(frame["text"])', 'Give its column: frame["text"]'),
        ('With a title: predict(frame.to_dict("records"))', 'With a title: frame.to_dict("records")'),
        ("Turn it off: --set data.pair=false", 'Turn it off: settings={"data.pair": False}'),
        ("Choose another --out.", "Choose another path."),
        (
            'Leave these out, give each a text, or keep them without a label: on_error="keep"',
            "Leave these out, or give each a text.",
        ),
        ("Mend these, or leave them out with --skip-bad (from Python: skip_bad=True).", "Mend these."),
    ],
)
def test_what_to_do_is_said_in_python(fix: str, becomes: str) -> None:
    assert raised("texts must be a list.", fix).fix == becomes


def test_places_and_parameters_have_their_names() -> None:
    places = ("texts[3]", "texts[4].target", "X[5]")
    seeds = [Fault("--set", f"{section}.seed must be 0 or more. Got -1 instead.") for section in ("split", "train")]
    other = Fault("--set", "train.batch_size must be 1 or more.")
    error = raised("Some cannot be used.", "", *(Fault(place, "is empty", id="5") for place in places), *seeds, other)
    assert isinstance(error, ValueError)
    assert [str(fault) for fault in error.faults] == [
        "ArticleClassifier: random_state must be 0 or more. Got -1 instead.",
        "ArticleClassifier: train.batch_size must be 1 or more.",
        "X[3]: is empty",
        "X[4].target: is empty",
        "X[5]: is empty",
    ]


def test_faults_stand_in_the_order_of_the_texts() -> None:
    faults = [Fault(f"X[{i}]", "is empty") for i in (10, 2, 100, 1)]
    assert [fault.where for fault in raised("Bad.", "", *faults).faults] == ["X[1]", "X[2]", "X[10]", "X[100]"]


def test_a_class_that_cannot_be_used_stands_in_y() -> None:
    label = Fault("X[1]", "label is 'nan', a word for a missing value (data.missing)")
    error = raised("X has 1 bad row.", "Mend it.", label)
    assert str(error).startswith("y has 1 bad row.\n  y[1]: is 'nan', a word")
    assert str(error).endswith('Mend it. Where such a word is a class: settings={"data.missing": []}.')
    both = raised("X has 2 bad rows.", "Mend it.", Fault("X[3]", "text is empty"), Fault("X[1]", "label is empty"))
    assert both.message == "X and y have 2 bad rows."
    assert [fault.where for fault in both.faults] == ["X[3]", "y[1]"]


def test_an_error_that_is_one_already_stays_as_it_is() -> None:
    error = SampleError("texts must be a list.")
    with pytest.raises(SampleError) as caught, as_value_error(), as_value_error():
        raise error
    assert caught.value is error
