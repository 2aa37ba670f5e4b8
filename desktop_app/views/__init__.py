"""The window: what a person sees, in Qt Widgets. Nothing below this folder knows Qt."""
