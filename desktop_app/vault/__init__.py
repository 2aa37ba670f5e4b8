"""The encrypted history: key slots in `vault.json`, conversations in `history.db`."""
