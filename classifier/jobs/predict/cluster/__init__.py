"""Labels by the workers of a Ray cluster; everything else about a prediction stays in this process."""
