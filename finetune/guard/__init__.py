"""The guard's small classifiers: labelled messages → weights and measured figures.

The linear one is learnt by numpy, the network by torch. What they look at comes from the app, asked
as a process, so that training sees exactly what the app will see.
"""
