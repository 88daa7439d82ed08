"""Readers: a file in one of the known formats in, a ``Corpus`` out."""
