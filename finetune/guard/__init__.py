"""The guard's small classifier: labelled messages → weights and measured figures.

Needs numpy alone. Features come from the app, asked as a process, so that training sees exactly
what the app will see.
"""
