"""Skip-gram with negative sampling: model, vocabulary, windows, pairs and the expected loss."""
