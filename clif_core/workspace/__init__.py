"""One user's models, texts, results and long-running jobs, kept in one folder."""
