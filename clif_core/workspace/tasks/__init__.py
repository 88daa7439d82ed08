"""Long work of a workspace, one module for each kind of job, and what leads to it.

choice       which text to edit, and the predicted effect
retrain      the job that retrains on an edited text
retrained    one such training, cached
fine_tune    the job that tries fine-tunings
fine_tuned   one of them, chosen and saved
held_out     the job that judges an answer of the text under held-out seeds
derivative   the job that differentiates a training run
train        the job that trains a model
word_map     the job that computes a model's map
history      what finished jobs measured, for a report
request      how a request names its model

Nothing is imported here: a job that trains does without what the other kinds need, torch among it.
"""
