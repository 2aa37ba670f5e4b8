"""From dialogues to a LoRA adapter: corpus, base, fine-tune, evaluation.

Reaches `convert` and the app only as processes: stages talk through files.
"""
