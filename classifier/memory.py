"""How much memory there is to count on: that of the machine, or what its container may take."""

from __future__ import annotations

import os
from pathlib import Path

USUAL = 8 << 30  # bytes that are assumed where the system does not tell, as Windows
LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")  # of a container on Linux


def memory_size() -> int:
    """Bytes of memory that there are, free or not.

    Example:
        >>> memory_size() > 2**28
        True
    """
    told = "SC_PHYS_PAGES" in getattr(os, "sysconf_names", {})
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if told else USUAL
    return min([machine, *(limit for file in LIMITS if (limit := _limit(Path(file))) is not None)])


def _limit(file: Path) -> int | None:
    """What a file of the system names as the most; None where there is no such file, or no limit."""
    try:
        return int(file.read_text(encoding="ascii"))
    except (OSError, ValueError):  # the word "max"
        return None
