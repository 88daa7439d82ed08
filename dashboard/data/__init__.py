"""What the views ask of ``clif_core``: cached by content hash, nothing drawn."""
