"""The paper's own experiments, each a small study; only the command line and views use them."""
