"""Models on this machine: find one, read its manifest, check it before it is loaded."""
