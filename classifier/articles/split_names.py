"""The names of the splits."""

from __future__ import annotations

SPLITS = ("train", "validation", "test")

SPLIT_ALIASES = {"dev": "validation", "valid": "validation", "val": "validation", "training": "train"}
