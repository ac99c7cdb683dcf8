"""Settings of the articles: where they are, their columns, and how they are read."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from classifier.config.fields import EVERYDAY, EXPERT, WHEN_NEEDED, Names, Section

NEAR = 0.8

TaskName = Literal["single_label", "multi_label"]


def _date_format(value: object) -> object:
    if isinstance(value, str) and re.search("%[YyGcx]", value):
        return value
    raise ValueError(f"must name the year as %Y or %y, such as %d/%m/%Y. Got {value!r} instead")


def _similarity(value: object) -> object:
    """``near_duplicates = true`` and ``contained = true`` mean the default threshold."""
    return NEAR if value is True else value


DateFormat = Annotated[str, BeforeValidator(_date_format)]
Similarity = Annotated[Literal[False] | Annotated[float, Field(ge=0.3, le=1)], BeforeValidator(_similarity)]
Containment = Annotated[Literal[False] | Annotated[float, Field(ge=0.5, le=1)], BeforeValidator(_similarity)]


class Columns(Section):
    """Names of the columns in the user's table, where they differ from the standard ones."""

    id: str | None = Field(
        None,
        description="column with the articles' ids; left out: the column id, if there is one",
        json_schema_extra=WHEN_NEEDED,
    )
    text: str | None = Field(None, description="column with the texts", json_schema_extra=EVERYDAY)
    label: str | None = Field(None, description="column with the labels", json_schema_extra=EVERYDAY)
    title: str | None = Field(
        None, description="column with the titles, which the model reads before the text", json_schema_extra=EVERYDAY
    )
    target: str | None = Field(
        None,
        description="column with the claim or headline that the stance is about; it makes the input a pair",
        json_schema_extra=EVERYDAY,
    )
    source: str | None = Field(None, description="column with the outlet or site", json_schema_extra=EVERYDAY)
    author: str | None = Field(None, description="column with the author", json_schema_extra=WHEN_NEEDED)
    date: str | None = Field(
        None,
        description='column with the date, for split.method = "temporal" and for slices',
        json_schema_extra=WHEN_NEEDED,
    )
    language: str | None = Field(None, description="column with the language", json_schema_extra=WHEN_NEEDED)
    url: str | None = Field(None, description="column with the address", json_schema_extra=WHEN_NEEDED)
    labels: Names = Field(
        (),
        description="instead of label: a column for each label, with 1, true or x where an article has it",
        json_schema_extra=WHEN_NEEDED,
    )

    @property
    def named(self) -> dict[str, str | None]:
        """Standard name -> the table's name for it, or None."""
        return self.model_dump(exclude={"labels"})

    @model_validator(mode="after")
    def _one_way_of_labels(self) -> Self:
        if self.label is not None and self.labels:
            raise ValueError("give either label (one column) or labels (a column for each)")
        return self

    split: str | None = Field(
        None,
        description="column with the given splits; left out: the column split, if there is one",
        json_schema_extra=WHEN_NEEDED,
    )


class DataConfig(Section):
    """``[data]``: where the articles are and how to read them."""

    builder: Literal[
        "table", "folder", "hub", "disk", "fasttext", "label_studio", "prodigy", "argilla", "fnc1", "semeval2023"
    ] = Field(
        "table",
        description="layout of the source: a table, a folder of texts, the Hub, what a tool wrote, or a known corpus",
        json_schema_extra=WHEN_NEEDED,
    )
    path: str | None = Field(
        None,
        description="the articles, in one source that [split] divides: a file, a folder or a Hub id",
        json_schema_extra=EVERYDAY,
    )
    train: str | None = Field(
        None,
        description="instead of path: the training articles, if the articles are split already",
        json_schema_extra=EVERYDAY,
    )
    validation: str | None = Field(
        None,
        description="validation articles beside train; left out, they are cut from train",
        json_schema_extra=EVERYDAY,
    )
    test: str | None = Field(
        None, description="test articles beside train; left out, they are cut from train", json_schema_extra=EVERYDAY
    )
    task: TaskName = Field(
        "single_label", description="one label per article, or any number of them", json_schema_extra=EVERYDAY
    )
    pair: bool | None = Field(
        None,
        description="whether the model reads a target beside the text; left out, columns and labels decide",
        json_schema_extra=WHEN_NEEDED,
    )
    label_separator: str | None = Field(
        None,
        min_length=1,
        description='what separates several labels in one cell, such as ";" (multi_label)',
        json_schema_extra=EVERYDAY,
    )
    encoding: str = Field(
        "utf-8", description="encoding of text files, such as cp1252 for an old Excel", json_schema_extra=EVERYDAY
    )
    date_format: DateFormat | None = Field(
        None,
        description="how dates are written, such as %d/%m/%Y (strptime); left out: their whole column tells",
        json_schema_extra=WHEN_NEEDED,
    )
    missing: Names | None = Field(
        None,
        description="words for a missing value; left out: usual, that is nan, NA, null …; but as labels: none, - and ?",
        json_schema_extra=WHEN_NEEDED,
    )
    sheet: str | None = Field(
        None,
        min_length=1,
        description="the sheet of a workbook (Excel, OpenDocument) of which several have rows",
        json_schema_extra=WHEN_NEEDED,
    )
    merge_labels: bool = Field(
        False,
        description="true: labels that differ only in case, space or look-alike characters become one",
        json_schema_extra=WHEN_NEEDED,
    )
    min_per_label: int = Field(
        5,
        ge=1,
        description="articles that a label needs; one with fewer, often a misspelt one, stops the build",
        json_schema_extra=WHEN_NEEDED,
    )
    conflicts: Literal["error", "drop", "keep"] | None = Field(
        None,
        description="equal texts with different labels: error, drop or keep; left out: drop if few (5%), else error",
        json_schema_extra=WHEN_NEEDED,
    )
    duplicates: Literal["keep", "drop", "drop_near"] = Field(
        "keep",
        description="drop: one of each exact copy stays; drop_near: one of each cluster of near-duplicates",
        json_schema_extra=WHEN_NEEDED,
    )
    corrections: str | None = Field(
        None, description="a table of corrected labels, such as audit.csv", json_schema_extra=WHEN_NEEDED
    )
    new_labels: Names = Field(
        (),
        description="labels that corrections may use although no article has them yet",
        json_schema_extra=WHEN_NEEDED,
    )
    near_duplicates: Similarity = Field(
        NEAR,
        description="Jaccard similarity of three-word shingles from which texts stay together; false: equal texts only",
        json_schema_extra=WHEN_NEEDED,
    )
    contained: Containment = Field(
        NEAR,
        description="share of a text's three-word shingles that a longer one has, from which both stay together",
        json_schema_extra=WHEN_NEEDED,
    )
    strip: Names = Field(
        (),
        description='boilerplate to remove, when predicting too: headers, urls, emails, quotes, signature, "line:…"',
        json_schema_extra=WHEN_NEEDED,
    )
    annotators: Names = Field(
        (),
        description="columns with the labels of one annotator each; the majority counts",
        json_schema_extra=WHEN_NEEDED,
    )
    guess_language: bool = Field(
        False,
        description="true: guess each article's language for the dataset's page",
        json_schema_extra=WHEN_NEEDED,
    )
    unlabelled: Names = Field(
        (),
        description="files or folders of unlabelled articles to learn from: a teacher or a first training labels them",
        json_schema_extra=WHEN_NEEDED,
    )
    subset: str | None = Field(
        None, description="the configuration of a Hub dataset that has several", json_schema_extra=WHEN_NEEDED
    )
    languages: Names | None = Field(
        None,
        min_length=1,
        description="only articles in these languages, such as en: by their column, else guessed; left out: all",
        json_schema_extra=WHEN_NEEDED,
    )
    test_languages: Names | None = Field(
        None,
        min_length=1,
        description="languages of the test articles; else the same (builder semeval2023)",
        json_schema_extra=EXPERT,
    )
    columns: Columns = Columns()

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.path is not None and self.train is not None:
            raise ValueError("give either path (one source, split by [split]) or train/validation/test")
        if self.train is None and (self.validation is not None or self.test is not None):
            raise ValueError("validation and test need train beside them")
        if self.label_separator is not None and self.task != "multi_label":
            raise ValueError('label_separator needs task = "multi_label"')
        if self.duplicates == "drop_near" and self.near_duplicates is False:
            raise ValueError('duplicates = "drop_near" needs near_duplicates, for example near_duplicates = 0.8')
        return self

    @model_validator(mode="after")
    def _fits_its_builder(self, info: ValidationInfo) -> Self:
        """Each builder decides which settings it uses; `classifier.config_file` passes its check in the context."""
        check = (info.context or {}).get("check_data")
        if check is not None:
            check(self)
        return self
