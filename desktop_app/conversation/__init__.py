"""The conversation: from a person's message to a reply that is kept."""
