"""Settings that keep to a time: what is "auto" is cut, one step after the other, until the training fits into it.

What costs little comes first: the second training, windows after the first, articles of the label that most have,
epochs beyond the fewest, half of the length; then frozen layers and the last epochs. At the end only a head is trained
on the frozen encoder. A value that is given by hand is never cut.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from classifier.config import Config
from classifier.dataset.folder import DatasetFolder
from classifier.durations import duration_text, time_words
from classifier.errors import InputError, names
from classifier.models.run_folder import RunFolder
from classifier.training.auto import FEWEST_EPOCHS, FEWEST_PAIR_EPOCHS, PAIR_LENGTH, SHARE, ChosenConfig
from classifier.training.outlook import Measured, Outlook, Sizes, measure

logger = logging.getLogger(__name__)

MARGIN = 0.9  # of the time that is left is planned for: the rest is for what was not foreseen
MEASURED_AGAIN = 2  # times at most that settings are measured after a cut
CUT = (
    *("train.refit", "model.windows", "train.most_frequent_share", "train.num_train_epochs", "model.max_length"),
    "train.freeze_layers",
)


@dataclass(frozen=True)
class Budget:
    """The time that a training may take.

    Attributes:
        seconds: in all.
        spent: how many of them are over.
    """

    seconds: float
    spent: Callable[[], float]

    @property
    def planned(self) -> float:
        """Seconds that the rest is planned to take."""
        return MARGIN * (self.seconds - self.spent())


def keep_to_budget(
    run: RunFolder, given: Config, chosen: ChosenConfig, dataset: DatasetFolder, budget: Budget
) -> tuple[ChosenConfig, Outlook]:
    """Settings with which a training is expected to end in time, and how long it then takes.

    Args:
        run: of the training; nothing is written there.
        given: the settings as they were given: what is "auto" in them may be cut; ``chosen`` where they stay as they
            are, whatever they cost, as those of a first training do in the ones that follow it.
        chosen: the settings without a budget.
        dataset: what is trained on.
        budget: the time.

    Raises:
        InputError: it ends in time with no settings, or the weights or the windows cannot be used.
    """
    measured = measure(run, chosen, dataset)
    if given == chosen:
        return chosen, measured.outlook(chosen)
    whole, ladder = measured.outlook(chosen), [chosen, *cheaper(given, chosen, measured.sizes, measured.layers)]
    settings = _first_in_time(given, ladder, measured, budget)
    for _ in range(MEASURED_AGAIN):
        if _reads_alike(settings, measured.config):
            break
        measured = measure(run, settings, dataset)  # how it scales was a guess
        settings = _first_in_time(given, ladder, measured, budget)
    cuts = [f"{name} = {new} instead of {old}" for name, old, new in _changes(chosen, settings)]
    if cuts:
        words = f"{time_words(whole.seconds)} would be needed, {time_words(budget.seconds - budget.spent())} are left"
        logger.info("cut for train.budget = %s: %s (%s)", given.train.budget, ", ".join(cuts), words)
    return settings, measured.outlook(settings)


def _first_in_time(given: Config, ladder: Sequence[ChosenConfig], measured: Measured, budget: Budget) -> ChosenConfig:
    """The settings with the least cut of which a training is expected to end in time, or an `InputError`."""
    planned = budget.planned
    settings = next((one for one in ladder if measured.outlook(one).seconds <= planned), None)
    if settings is None:
        raise _impossible(given, ladder[-1], measured.outlook(ladder[-1]), budget)
    return settings


def cheaper(given: Config, chosen: ChosenConfig, sizes: Sizes, layers: int) -> Iterator[ChosenConfig]:
    """The settings with ever more cut, each a little faster than the one before; the last ones train a head alone."""
    values, auto = chosen.model_dump(), given.model_dump()
    for name, value in _cuts(chosen, sizes, layers):
        section, key = name.split(".")
        if auto[section][key] == "auto":
            values[section][key] = value
            yield ChosenConfig.model_validate(values)


def _cuts(chosen: ChosenConfig, sizes: Sizes, layers: int) -> Iterator[tuple[str, float]]:
    """Settings with cheaper values, in the order in which they are cut."""
    model, train = chosen.model, chosen.train
    epochs, fewest = train.num_train_epochs, FEWEST_PAIR_EPOCHS if sizes.pair else FEWEST_EPOCHS
    if train.refit:
        yield "train.refit", False
    if isinstance(model.windows, int):
        yield from (("model.windows", windows) for windows in range(model.windows - 1, 0, -1))
    if epochs and SHARE * sizes.train < sizes.frequent and train.most_frequent_share > SHARE:
        yield "train.most_frequent_share", SHARE
    yield from (("train.num_train_epochs", fewer) for fewer in range(epochs - 1, fewest - 1, -1))
    if model.max_length > PAIR_LENGTH and model.stride <= PAIR_LENGTH // 2:
        yield "model.max_length", PAIR_LENGTH
    if epochs and train.freeze_embeddings:
        yield from (("train.freeze_layers", most) for most in (layers // 2, layers - 1) if most > train.freeze_layers)
    last = 0 if model.pooling == "mean" else 1
    yield from (("train.num_train_epochs", fewer) for fewer in range(min(epochs, fewest) - 1, last - 1, -1))


def _reads_alike(one: ChosenConfig, other: ChosenConfig) -> bool:
    """Whether a step, or reading, takes as long with both: they differ in how many there are."""

    def facts(config: ChosenConfig) -> tuple[object, ...]:
        model, train = config.model, config.train
        return model.windows, model.max_length, train.freeze_layers, train.num_train_epochs > 0

    return facts(one) == facts(other)


def _changes(before: ChosenConfig, now: ChosenConfig) -> Iterator[tuple[str, object, object]]:
    old = before.model_dump()
    for section, settings in now.model_dump().items():
        yield from (
            (f"{section}.{key}", old[section][key], new) for key, new in settings.items() if old[section][key] != new
        )


def _impossible(given: Config, least: ChosenConfig, outlook: Outlook, budget: Budget) -> InputError:
    """The error of a time that is too short for the cheapest settings."""
    auto, spent = given.model_dump(), budget.spent()
    kept = [name for name in CUT if auto[name.split(".")[0]][name.split(".")[1]] != "auto"]
    needed = duration_text(spent + outlook.seconds / MARGIN)
    epochs = least.train.num_train_epochs
    what = f"training with {names(kept)} as given" if epochs else "a head on the frozen encoder"
    leave = f", or leave out {names(kept)}" if epochs else ""
    return InputError(
        f"train.budget = {given.train.budget} is too short: even {what} takes about {time_words(outlook.seconds)} "
        f"on this machine, after {time_words(spent)} of preparation.",
        fix=f"--set train.budget={needed}{leave}",
    )
