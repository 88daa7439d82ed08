"""Text as documents, sentences and tokens; readers of every format that text comes in."""
