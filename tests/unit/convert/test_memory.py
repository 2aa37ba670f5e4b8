"""What the process that waits holds while another converts."""

from __future__ import annotations

import subprocess
import sys


def test_the_program_that_waits_loads_nothing_that_judges() -> None:
    """llama.cpp, the tokenizer library and torch are for the processes it starts."""
    code = """
import sys, convert.cli
print(*sorted({"llama_cpp", "tokenizers", "torch", "peft"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.split() == []
