"""The mixture of Gaussians as a page: tables and figures of ``clif_core.mixture``'s study."""
