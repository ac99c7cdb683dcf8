"""Pure functions on arrays: figures, intervals, calibration; no file, no torch, no `Article`."""
