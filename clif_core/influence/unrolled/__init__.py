"""The exact derivative of a training run, by a reverse pass through its steps."""
