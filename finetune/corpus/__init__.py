"""Public dialogue corpora into one cleaned form, `corpus.jsonl`."""
