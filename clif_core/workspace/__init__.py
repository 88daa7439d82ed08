"""One user's models, texts, results and jobs, in one folder."""
