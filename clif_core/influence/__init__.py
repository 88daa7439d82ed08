"""Influence functions: probe + model + corpus -> the removal effect of every context."""
