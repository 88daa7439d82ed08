"""Studies that only the benchmarks run: the paper's experiments on text, and mitigation."""
