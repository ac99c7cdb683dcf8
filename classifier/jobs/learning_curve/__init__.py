"""The score at growing numbers of training articles."""
