"""Results in words and pictures: reports read what was measured, and measure nothing."""
