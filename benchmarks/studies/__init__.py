"""Studies that only the benchmarks run: the paper's experiments, and mitigation."""
