"""Packs: a model with its text and everything that was found out about it, as one file."""
