"""Text as documents, sentences and tokens; the readers of every supported format."""
