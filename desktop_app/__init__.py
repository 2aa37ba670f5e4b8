"""SoulChat Desktop: the window, the terminal, and what they stand on."""
