"""`ArticleClassifier`: a training as an estimator of scikit-learn, for cross-validation, grid search and pipelines.

The training is that of `classifier.jobs.train`, without a test split and without figures: whoever calls the estimator
tests it. The label is the class with the highest probability; nothing is decided by thresholds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted, check_random_state

from classifier.bars import AUTOMATIC
from classifier.checksums import write_checksums
from classifier.config import DEFAULT_MODEL
from classifier.config_file import given_settings
from classifier.errors import InputError, did_you_mean, names
from classifier.files import check_free, read_json_as, whole_folder, write_json
from classifier.jobs.scikit_learn.fitting import Files, Plan, folder_files, load_files, train_on_rows, write_files
from classifier.jobs.scikit_learn.sample_error import OTHER_PARAMETERS, PARAMETERS, as_value_error
from classifier.jobs.scikit_learn.samples import given_classes, given_samples, sample_rows
from classifier.models.classifier import Classifier
from classifier.models.model_folder import MODEL_FILE
from classifier.models.trained import is_trained

ESTIMATOR_FILE = "estimator.json"  # in a saved estimator, beside the files of the model
COPY_AGAIN = "Copy the folder again, or fit and save the estimator again."
GIVEN_OTHERWISE = {
    **{setting: parameter for parameter, setting in {**PARAMETERS, **OTHER_PARAMETERS}.items()},
    "split.seed": "random_state",
    "split.group_by": "fit(X, y, groups=groups)",
}
OF_DATA = (  # settings of [data] that have a meaning for texts in memory
    *("data.strip", "data.near_duplicates", "data.contained", "data.conflicts", "data.duplicates", "data.missing"),
    *("data.pair", "data.columns.text", "data.columns.title", "data.columns.target"),
)
WITHOUT_EFFECT = ("train.label_by", "train.report_to")  # the highest probability decides; nothing is tracked
MOST_SEED = 2**31 - 1


class ArticleClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A fine-tuned text classifier with the interface of scikit-learn.

    ``fit(X, y, groups=None)`` trains as `classifier.train` does, on all of X but a share that is held apart for
    validation: it chooses the best weights, blends the model with TF-IDF, and calibrates the probabilities. There is no
    ``sample_weight``: single articles cannot be weighted. Classes are, by ``"train.class_weight"`` in ``settings``:
    ``"balanced"`` is the default.

    Args:
        model_name: the encoder: a Hub id or a folder.
        max_length: tokens per window; ``auto`` = 256, or fewer for very many pairs.
        preset: ``auto``, or ``probe``: a head on the frozen encoder, in seconds.
        num_train_epochs: how often training sees each article; ``auto`` = from the articles, 0 where a head alone is
            better.
        learning_rate: ``auto`` = from the number of articles and the width of the encoder.
        validation_fraction: share of X that is held apart for validation; 0 = none.
        random_state: of the training and of what is held apart: a whole number, a ``RandomState``, or None for another
            one in each ``fit``.
        device: ``auto`` | ``cpu`` | ``cuda`` | ``mps``.
        settings: further settings, dotted names -> values, such as ``{"model.windows": 2}``.

    Attributes:
        classes_: the classes, of the dtype of y, sorted; the columns of `predict_proba`.
        n_features_in_: columns of X: 1 for a list, a Series or an array of texts.
        feature_names_in_: names of the columns, where X was a DataFrame of several.

    Example:
        >>> texts = ["The council voted on Tuesday.", "We should be ashamed of it."] * 8
        >>> y = ["reporting", "opinion"] * 8
        >>> estimator = ArticleClassifier("models/tiny", max_length=64, preset="probe").fit(texts, y)
        >>> estimator.classes_.tolist(), estimator.predict_proba(texts).shape
        (['opinion', 'reporting'], (16, 2))
        >>> estimator.save("saved")
        >>> ArticleClassifier.load("saved").predict(texts[:1]).tolist() == estimator.predict(texts[:1]).tolist()
        True
    """

    def __init__(
        self,
        model_name: str = DEFAULT_MODEL,
        *,
        max_length: int | Literal["auto"] = "auto",
        preset: Literal["auto", "probe"] = "auto",
        num_train_epochs: int | Literal["auto"] = "auto",
        learning_rate: float | Literal["auto"] = "auto",
        validation_fraction: float = 0.1,
        random_state: Any = 13,
        device: str = "auto",
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.model_name = model_name
        self.max_length = max_length
        self.preset = preset
        self.num_train_epochs = num_train_epochs
        self.learning_rate = learning_rate
        self.validation_fraction = validation_fraction
        self.random_state = random_state
        self.device = device
        self.settings = settings

    if TYPE_CHECKING:  # what `fit` and `load` set: the class itself has none of it before
        classes_: npt.NDArray[Any]
        n_features_in_: int
        feature_names_in_: npt.NDArray[np.object_]
        _order: list[int]
        _files: Files
        _model: Classifier | None

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn should know: X holds texts, in one dimension or in a DataFrame."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        tags.input_tags.string = True
        return tags

    def fit(self, X: Any, y: Any, groups: Any = None) -> Self:  # noqa: N803
        """Train on texts and their classes.

        Args:
            X: texts in a list, a Series or an array; or a DataFrame with a column of texts, and perhaps of titles and
                of targets, which are found by their names as in a file.
            y: one class for each text.
            groups: what is held apart whole for validation, such as the source of each text; None = no groups. In
                ``cross_val_score`` and the like: ``params={"groups": groups}``.

        Raises:
            InputError: it is a ``ValueError`` too. Texts or classes are missing or empty (all are listed by their
                positions), or a parameter or a setting cannot be used.
        """
        with as_value_error():
            settings, fraction = self._settings(), self._fraction()
            classes, codes, class_names = given_classes(y)
            rows = sample_rows(X, [class_names[code] for code in codes], groups)
            files = train_on_rows(rows, Plan(settings, fraction, groups is not None, self._seed(), AUTOMATIC))
            model = load_files(files, device=self.device)
            order = _columns(model, class_names)
        self.classes_, self._order, self._files, self._model = classes, order, files, model
        self._note_features(X)
        return self

    def predict(self, X: Any) -> npt.NDArray[Any]:  # noqa: N803
        """The class of each text with the highest probability, shape (texts,), of the dtype of y.

        Raises:
            InputError: it is a ``ValueError`` too. Texts are missing, empty or no texts: all are listed.
            NotFittedError: there was no ``fit``.
        """
        proba = self.predict_proba(X)
        return np.asarray(self.classes_[proba.argmax(axis=1)])

    def predict_proba(self, X: Any) -> npt.NDArray[np.float64]:  # noqa: N803
        """Calibrated probabilities, shape (texts, classes), columns as in ``classes_``; raises as `predict`."""
        check_is_fitted(self)
        with as_value_error():
            proba = self.classifier_.predict_proba(given_samples(X))[:, self._order].astype(np.float64)
        return np.asarray(proba / proba.sum(axis=1, keepdims=True))

    @property
    def classifier_(self) -> Classifier:
        """The trained model, as `classifier.Classifier`; its labels are the names of the classes."""
        check_is_fitted(self)
        if self._model is None:
            self._model = load_files(self._files, device=self.device)
        return self._model

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the model, the classes and the parameters to a folder, without pickle.

        The folder is a model folder too: `classifier.Classifier.load` and ``classifier predict`` take it.

        Args:
            path: the folder.
            overwrite: replace an older one.

        Raises:
            InputError: the folder holds something else, or a parameter cannot be written.
            NotFittedError: there was no ``fit``.
        """
        check_is_fitted(self)
        path = Path(path)
        with as_value_error():
            allowed = {name.split("/")[0] for name in self._files}
            check_free(path, needed={MODEL_FILE, ESTIMATOR_FILE}, allowed=allowed, overwrite=overwrite)
            with whole_folder(path) as folder:
                write_files(self._files, folder)
                write_json(folder / ESTIMATOR_FILE, asdict(self._saved()))
                write_checksums(folder)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The estimator that `save` wrote.

        Raises:
            InputError: the folder is missing or damaged, or holds something else.
        """
        path = Path(path)
        with as_value_error():
            if not (path / ESTIMATOR_FILE).exists():
                raise InputError(
                    f"'{path}' holds no saved ArticleClassifier: there is no {ESTIMATOR_FILE} in it.",
                    fix=f"Load it with classifier.Classifier.load('{path}')"
                    if is_trained(path)
                    else "Give the folder that save() wrote.",
                )
            saved = read_json_as(path / ESTIMATOR_FILE, _Saved, fix=COPY_AGAIN)
            found = cls(**saved.parameters)
            model = Classifier.load(path, device=found.device)
            classes = np.array(saved.classes, dtype=saved.dtype)
            order = _columns(model, saved.names)
        found.classes_, found._order, found._model = classes, order, model
        found._files = {name: content for name, content in folder_files(path).items() if name != ESTIMATOR_FILE}
        found.n_features_in_ = saved.features
        if saved.feature_names is not None:
            found.feature_names_in_ = np.array(saved.feature_names, dtype=object)
        return found

    def _saved(self) -> _Saved:
        parameters = self.get_params(deep=False)
        if not isinstance(self.random_state, int | None):
            parameters["random_state"] = None  # the state of a generator is nothing that can be read
        known = self.classifier_.info.labels
        return _Saved(
            parameters=parameters,
            classes=tuple(self.classes_.tolist()),
            names=tuple(known[column] for column in self._order),
            dtype=self.classes_.dtype.str,
            features=self.n_features_in_,
            feature_names=tuple(self.feature_names_in_.tolist()) if hasattr(self, "feature_names_in_") else None,
        )

    def __getstate__(self) -> dict[str, Any]:
        """The files instead of the model: it is loaded where it is used, on the device that is there."""
        state: dict[str, Any] = super().__getstate__()
        return {**state, "_model": None} if "_model" in state else state

    def __sklearn_is_fitted__(self) -> bool:
        """Whether there was a ``fit``."""
        return hasattr(self, "classes_")

    def _note_features(self, X: Any) -> None:  # noqa: N803
        columns = [str(name) for name in getattr(X, "columns", ())]
        self.n_features_in_ = max(1, len(columns))
        if len(columns) > 1:
            self.feature_names_in_ = np.array(columns, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    def _settings(self) -> dict[str, Any]:
        """All settings: those of the parameters, and the further ones, of which none may be a parameter too."""
        given = given_settings(self.settings)
        for name in given:
            _check_setting(name)
        own = {setting: getattr(self, parameter) for parameter, setting in PARAMETERS.items()}
        return {"data.conflicts": "keep", **own, **given}

    def _fraction(self) -> float:
        fraction = self.validation_fraction
        if isinstance(fraction, bool) or not isinstance(fraction, (int, float, np.number)) or not 0 <= fraction < 1:
            raise InputError(
                f"validation_fraction must be 0 or more, and less than 1. Got {fraction!r} instead.",
                fix="validation_fraction=0.1 holds a tenth of X apart; 0 holds nothing apart.",
            )
        return float(fraction)

    def _seed(self) -> int:
        if isinstance(self.random_state, (int, np.integer)):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(MOST_SEED))


@dataclass(frozen=True)
class _Saved:
    """What ``estimator.json`` holds.

    Attributes:
        parameters: of the constructor.
        classes: the classes.
        names: what the model calls each of them.
        dtype: of the classes, as numpy writes it.
        features: how many columns X had.
        feature_names: their names, where X was a DataFrame.
    """

    parameters: Mapping[str, Any]
    classes: tuple[Any, ...]
    names: tuple[str, ...]
    dtype: str
    features: int
    feature_names: tuple[str, ...] | None = None
    format_version: int = 1


def _columns(model: Classifier, class_names: Any) -> list[int]:
    """The column of the model's probabilities that each class has.

    Raises:
        InputError: the model does not have exactly these classes.
    """
    known = list(model.info.labels)
    other = sorted({*known} ^ {*class_names})
    if other:
        raise InputError(
            f"These classes cannot keep their names in the model: {names(other)}.",
            fix="Give plain names: letters, digits, and single spaces within.",
        )
    return [known.index(name) for name in class_names]


def _check_setting(name: str) -> None:
    """Raise `InputError` for a setting that is a parameter, or has no effect on an estimator."""
    if name in GIVEN_OTHERWISE:
        raise InputError(f"settings names '{name}', which has a place of its own.", fix=f"Give {GIVEN_OTHERWISE[name]}")
    section = name.split(".")[0]
    if (
        name in WITHOUT_EFFECT
        or section in ("split", "evaluate", "distil")
        or (section == "data" and name not in OF_DATA)
    ):
        raise InputError(
            f"settings names '{name}', which has no effect on an ArticleClassifier.{did_you_mean(name, OF_DATA)}",
            fix="Leave it out. Settings of model and train can be given, and of data: " + ", ".join(OF_DATA),
        )
