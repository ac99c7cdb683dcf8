"""A dataset for people: findings, page, card."""
