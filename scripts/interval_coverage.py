"""Whether intervals hold the truth and verdicts are right, in simulated worlds whose truth is known.

    python scripts/interval_coverage.py [--part NAME …] [--worlds 4000] [--seed 0]

Each part is a file of `scripts/worlds`: it makes worlds of one kind, lets the package's own functions speak of each,
and counts how often they are right. Older and simpler methods stand beside them. The target everywhere: 95% intervals
hold the truth in 93 to 97% of the worlds, and a verdict that is wrong is given in at most 5%. Behind each rate stands
its standard error over the worlds; "refused" is the share of worlds in which no interval, or no verdict, was given.
The tables stand in docs/measured.md.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import time

import worlds
from worlds.tally import Part

TOOLS = {"tally"}  # files of `worlds` that are no part


def parts() -> dict[str, Part]:
    """The parts by name: every module of `worlds` has one, `PART`."""
    found = sorted(module.name for module in pkgutil.iter_modules(worlds.__path__) if module.name not in TOOLS)
    return {name: importlib.import_module(f"worlds.{name}").PART for name in found}


def main() -> None:
    known = parts()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", nargs="+", choices=sorted(known), default=sorted(known), metavar="NAME")
    parser.add_argument("--worlds", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for name in options.part:
        start = time.monotonic()
        print(f"\n## {name}: {known[name].title}\n\n{known[name].header()}", flush=True)
        for row in known[name].rows(options.worlds, options.seed):
            print(row.line(), flush=True)
        print(f"\n{options.worlds:,} worlds each, seed {options.seed}, {time.monotonic() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
