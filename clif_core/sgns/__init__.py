"""Skip-gram with negative sampling: model, windows, pairs, expected loss, and file formats."""
