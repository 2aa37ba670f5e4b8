"""What of the environment a child sees."""

from __future__ import annotations

import pytest

from desktop_app.engine.child import child_environment


@pytest.mark.parametrize(
    "name",
    [
        "CUDA_VISIBLE_DEVICES",
        "HIP_VISIBLE_DEVICES",
        "ROCR_VISIBLE_DEVICES",
        "HSA_OVERRIDE_GFX_VERSION",
        "GGML_VK_VISIBLE_DEVICES",
        "VK_DRIVER_FILES",
        "VK_ICD_FILENAMES",
        "XDG_DATA_DIRS",
    ],
)
def test_which_graphics_device_a_person_chose_reaches_it(name: str) -> None:
    assert child_environment({name: "1"})[name] == "1"


def test_what_it_does_not_need_does_not_reach_it() -> None:
    seen = child_environment({"SOULCHAT_PASSPHRASE": "x", "HOME": "/home/x", "XDG_DATA_HOME": "/x"})

    assert not seen.keys() & {"SOULCHAT_PASSPHRASE", "HOME", "XDG_DATA_HOME"}
