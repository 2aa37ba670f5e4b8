"""Base model + LoRA adapter → one quantised GGUF, in a single streaming pass.

    plan ─► writer.part_file ─► proof ─► stream ─► verify ─► report ─► writer.commit

`plan` reads headers only and refuses before a byte is written. `stream` touches each weight
once: read rows, add the adapter, reorder, quantise, write, hash. A journal beside the part lets a
killed run go on. Only adapters that PEFT alone can merge need torch (`peft_container`).
"""
