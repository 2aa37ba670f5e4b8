"""Is the model any good? Overlap with the paper's recipe, endings, likelihood, steering."""
