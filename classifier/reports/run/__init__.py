"""A run for people: findings, page, card."""
