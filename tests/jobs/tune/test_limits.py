"""When a search ends: what is no limit is refused with what to type."""

import pytest

from classifier.errors import InputError
from classifier.jobs.tune.limits import Limits, make_limits


def test_without_limits_there_are_twenty_trials_and_with_minutes_as_many_as_fit() -> None:
    assert make_limits(None, None, None).most_trials == 20
    assert make_limits(None, 60, None).most_trials is None
    assert make_limits(7, 60, "30M") == Limits(7, 3600, 30_000_000)


@pytest.mark.parametrize(
    ("given", "message", "fix"),
    [
        ((0, None, None), "--trials must be 1 or more. Got 0 instead.", "--trials 20"),
        ((None, 0, None), "--minutes must be more than 0. Got 0 instead.", "--minutes 30"),
        ((None, -5, None), "--minutes must be more than 0. Got -5 instead.", "--minutes 30"),
        ((None, float("nan"), None), "--minutes must be more than 0. Got nan instead.", "--minutes 30"),
        ((None, None, "many"), "--max-params must be a number of parameters. Got 'many' instead.", "--max-params 30M"),
        ((None, None, "0"), "--max-params must be a number of parameters. Got '0' instead.", "--max-params 30M"),
        ((None, None, "30MB"), "--max-params must be a number of parameters. Got '30MB' instead.", "--max-params 30M"),
        ((None, None, "infM"), "--max-params must be a number of parameters. Got 'infM' instead.", "--max-params 30M"),
        ((None, None, ""), "--max-params must be a number of parameters. Got '' instead.", "--max-params 30M"),
    ],
)
def test_what_is_no_limit_is_refused(
    given: tuple[int | None, float | None, str | None], message: str, fix: str
) -> None:
    with pytest.raises(InputError) as caught:
        make_limits(*given)
    assert caught.value.message == message and fix in str(caught.value.fix)
