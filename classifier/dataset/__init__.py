"""A dataset folder whose splits do not leak."""
