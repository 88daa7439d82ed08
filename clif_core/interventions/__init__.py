"""Changes to the text or to the model: predicted, retrained, fine-tuned, debiased."""
