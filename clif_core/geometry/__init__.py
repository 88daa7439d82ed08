"""Geometry of word vectors: neighbours, projections, clusters, movement between models."""
