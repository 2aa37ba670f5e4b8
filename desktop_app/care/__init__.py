"""Help that works with no model and no network."""
