"""What a probe measures on one model, and how sure that figure is."""
