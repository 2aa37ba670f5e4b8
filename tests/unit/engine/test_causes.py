"""Last words and statuses, and the cause each stands for."""

from __future__ import annotations

import signal

import pytest

from desktop_app.engine.causes import Cause, classify, in_words
from desktop_app.errors import EngineError

HEARD = (
    (
        Cause.MEMORY,
        (
            "llama_model_load: error loading model: mmap failed: Cannot allocate memory\n"
            "llama_model_load_from_file_impl: failed to load model\n"
        ),
    ),
    (
        Cause.MEMORY,
        (
            "ggml_aligned_malloc: insufficient memory (attempted to allocate 512.00 MB)\n"
            "ggml_backend_cpu_buffer_type_alloc_buffer: "
            "failed to allocate buffer of size 536870912\n"
            "alloc_tensor_range: failed to allocate CPU buffer of size 536870912\n"
            "llama_init_from_model: failed to initialize the context: "
            "failed to allocate buffer for kv cache\n"
        ),
    ),
    (
        Cause.MEMORY,
        (
            "terminate called after throwing an instance of 'std::bad_alloc'\n"
            "  what():  std::bad_alloc\n"
        ),
    ),
    (
        Cause.MODEL,
        (
            "gguf_init_from_reader: failed to read tensor info\n"
            "llama_model_load: error loading model: llama_model_loader: "
            "failed to load model from /m.gguf\n"
            "llama_model_load_from_file_impl: failed to load model\n"
        ),
    ),
    (
        Cause.MODEL,
        (
            "llama_model_load: error loading model: tensor 'blk.1.ffn_down.weight' data is not "
            "within the file bounds, model is corrupted or incomplete\n"
        ),
    ),
    (Cause.MODEL, "llama_model_load: error loading model: unknown model architecture: 'qwenZ'\n"),
    (Cause.ASSERTION, "ggml.c:1: GGML_ASSERT(false) failed\n"),
)
"""What the child of these tests really wrote, in test_engine_faults.py and on the way there."""

QUOTED = (
    # ggml-cuda.cu, ggml_backend_cuda_buffer_type_alloc_buffer, and llama-model.cpp above it
    (
        Cause.DEVICE_MEMORY,
        (
            "ggml_backend_cuda_buffer_type_alloc_buffer: allocating 4403.49 MiB on device 0: "
            "cudaMalloc failed: out of memory\n"
            "alloc_tensor_range: failed to allocate CUDA0 buffer of size 4617396224\n"
            "llama_model_load: error loading model: unable to allocate CUDA0 buffer\n"
        ),
    ),
    # ggml-cuda.cu, ggml_cuda_error
    (
        Cause.DEVICE_MEMORY,
        (
            "CUDA error: out of memory\n"
            "  current device: 0, in function alloc at ggml-cuda.cu:567\n"
            "ggml-cuda.cu:109: CUDA error\n"
        ),
    ),
    (
        Cause.DRIVER,
        (
            "CUDA error: an illegal memory access was encountered\n"
            "  current device: 0, in function ggml_backend_cuda_synchronize at ggml-cuda.cu:3012\n"
            "ggml-cuda.cu:109: CUDA error\n"
        ),
    ),
    # ggml-vulkan.cpp
    (
        Cause.DEVICE_MEMORY,
        (
            "ggml_vulkan: Device memory allocation of size 1073741824 failed.\n"
            "ggml_vulkan: vk::Device::allocateMemory: ErrorOutOfDeviceMemory\n"
        ),
    ),
    (
        Cause.DRIVER,
        (
            "ggml_vulkan: device lost on Vulkan0\n"
            "terminate called after throwing an instance of 'vk::DeviceLostError'\n"
            "  what():  vk::Queue::submit: ErrorDeviceLost\n"
        ),
    ),
    # ggml-metal-device.m, ggml-metal-context.m
    (
        Cause.DEVICE_MEMORY,
        "ggml_metal_buffer_init: error: failed to allocate buffer, size =  4403.49 MiB\n",
    ),
    (
        Cause.DRIVER,
        (
            "ggml_metal_synchronize: error: command buffer 0 failed with status 5\n"
            "error: Caused GPU Timeout Error (kIOGPUCommandBufferCallbackErrorTimeout)\n"
        ),
    ),
    # ggml.c, ggml_abort behind GGML_ABORT("fatal error")
    (Cause.ASSERTION, "/src/llama.cpp/src/llama-vocab.cpp:3126: fatal error\n"),
)
"""As llama.cpp's source writes it; there is no such device in these tests."""


@pytest.mark.parametrize(("cause", "said"), HEARD)
def test_what_was_heard_has_its_cause(cause: Cause, said: str) -> None:
    assert classify(-signal.SIGABRT, said.encode()) is cause


@pytest.mark.parametrize(("cause", "said"), QUOTED)
def test_what_llama_cpps_source_would_say_has_its_cause(cause: Cause, said: str) -> None:
    assert classify(-signal.SIGABRT, said.encode()) is cause


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (-signal.SIGILL, Cause.INSTRUCTION),
        (0xC000001D, Cause.INSTRUCTION),
        (0xC0000017, Cause.MEMORY),
        (-signal.SIGKILL, Cause.KILLED),
        (-signal.SIGSEGV, Cause.UNKNOWN),
        (3, Cause.UNKNOWN),
        (0, Cause.UNKNOWN),
    ],
)
def test_a_status_alone_has_its_cause(status: int, cause: Cause) -> None:
    assert classify(status, b"") is cause


def test_what_an_orderly_end_leaves_said_is_no_cause() -> None:
    assert classify(0, b"failed to allocate") is Cause.UNKNOWN


def test_a_person_who_says_such_words_is_no_cause() -> None:
    assert classify(-signal.SIGSEGV, "显存不够 out of luck, invalid".encode()) is Cause.UNKNOWN


@pytest.mark.parametrize("cause", Cause)
def test_each_cause_is_one_sentence_and_a_terminal_adds_the_status(cause: Cause) -> None:
    error = EngineError(cause.value, cause=in_words(-signal.SIGABRT))

    for language in ("zh", "en"):
        said = error.sentence(language)
        assert "\n" not in said
        assert sum(said.count(end) for end in "。.") == 1
    assert "SIGABRT" in error.in_terminal()
