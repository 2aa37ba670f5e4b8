"""Load a model where the address space is limited, as a process of its own; say what came of it.

    python -m tests.support.engine_limited MODEL FOLDER BYTES

The limit holds for the child that loads, too. FOLDER keeps what is learned.
"""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import asdict
from pathlib import Path

from desktop_app.engine.climb import Laptop
from desktop_app.engine.process import ChildEngine, Settings
from tests.support.engine_machine import shape_in


def laptop_for(model: Path, folder: Path) -> Laptop:
    return Laptop("model", shape_in(model), folder / "machine.json", model)


def main() -> None:
    model, folder, limit = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    settings = Settings(model, folder, threads=1, laptop=laptop_for(model, folder))
    with ChildEngine(settings) as engine:
        began = engine.plan()
        loaded = engine.start()
        assert began is not None
        assert loaded.why is not None
        placement = asdict(loaded.placement)
        said = {"began": began.key, "held": loaded.why.key, "placement": placement}
        sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main()
