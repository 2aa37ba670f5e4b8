"""Models on this machine: find one, check it before it is loaded, bring another one here."""
