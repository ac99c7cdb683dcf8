"""The tests mirror the package's rooms; what several of them share is in `tests.makers`."""

import os

# Here, because numpy and torch read these once, when they are loaded: with models this small, threads only wait.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
