"""Danger noticed outside the model: in what a person writes, and in what the model replies."""
