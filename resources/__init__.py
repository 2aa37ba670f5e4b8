"""What ships as data: models, sentences, prompts, hotlines. `messages` and `errors` read it."""
