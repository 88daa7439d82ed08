"""Files on disk: written whole or not at all, checked when read, kept by content hash."""
