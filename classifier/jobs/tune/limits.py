"""When a search ends, and how large an encoder it may take."""

from __future__ import annotations

from dataclasses import dataclass

from classifier.errors import InputError
from classifier.models.at_hand import parameter_count

TRIALS = 20  # where neither trials nor minutes are given


@dataclass(frozen=True)
class Limits:
    """When a search ends, and how large an encoder it may take.

    Attributes:
        trials: how many there are to be in the end, those done before included; None = as many as there is time for.
        seconds: from the start; no trial begins after that.
        parameters: of an encoder, at most; None = the encoder of the settings alone is tuned.
    """

    trials: int | None
    seconds: float | None
    parameters: int | None = None

    @property
    def most_trials(self) -> int | None:
        """How many trials there are to be; None = as many as there is time for."""
        return TRIALS if self.trials is None and self.seconds is None else self.trials


def make_limits(trials: int | None, minutes: float | None, max_params: str | int | None) -> Limits:
    """The limits as they were given.

    Raises:
        InputError: one is none.
    """
    if trials is not None and trials < 1:
        raise InputError(f"--trials must be 1 or more. Got {trials} instead.", fix="For example: --trials 20")
    if minutes is not None and not 0 < minutes < float("inf"):
        raise InputError(f"--minutes must be more than 0. Got {minutes:g} instead.", fix="For example: --minutes 30")
    parameters = None
    if max_params is not None:
        try:
            parameters = parameter_count(str(max_params))
        except (ValueError, OverflowError):
            raise InputError(
                f"--max-params must be a number of parameters. Got {str(max_params)!r} instead.",
                fix="For example: --max-params 30M",
            ) from None
    return Limits(trials, None if minutes is None else 60 * minutes, parameters)
