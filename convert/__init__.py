"""Base model + LoRA adapter → one quantised GGUF, in a single streaming pass.

    plan ─► writer.begin ─► proof ─► stream ─► verify ─► writer.commit ─► report

`plan` reads headers only and refuses before a byte is written. `stream` touches each weight
once: read rows, add the adapter, reorder, quantise, write. Nothing here needs torch.
"""
