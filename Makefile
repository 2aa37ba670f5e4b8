# Two commands set everything up on a fresh Debian 12 or Ubuntu: `make run` and `make test`.
# Everything lands in .venv beside this file. Stamps inside it say what is installed, so a
# second call installs nothing, and llama.cpp is compiled once.

.DEFAULT_GOAL := run
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: run test test-all test-slow test-device test-modules bench check window-packages test-packages

VENV := .venv
BIN := $(VENV)/bin
LLAMA_CPP := $(VENV)/llama.cpp
LLAMA_CPP_PIN = $(shell sed -n 's/.*"\(llama-cpp-python==[^"]*\)".*/\1/p' pyproject.toml)

# The first Python that is new enough; PYTHON=… overrides it. Looked for where a recipe first
# needs it, then kept.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(eval PYTHON := $(shell \
	for python in python3 python3.14 python3.13 python3.12 python3.11; do \
		$$python -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$python && break; \
	done))$(PYTHON)
NO_PYTHON = 没有找到 Python 3.11 或更新的版本，请先安装，或写 make PYTHON=路径。 \
	No Python 3.11 or newer was found: install one, or say make PYTHON=path

DISPLAYED := $(DISPLAY)$(WAYLAND_DISPLAY)$(filter Darwin,$(shell uname))

# llama.cpp's library alone. What the caller set stands behind and wins, such as
# CMAKE_ARGS=-DGGML_CUDA=on. Without the jobs variable a plain-make build uses one core.
LLAMA_LIBRARY_ONLY := -DLLAVA_BUILD=OFF -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_SERVER=OFF \
	-DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF
CMAKE_BUILD_PARALLEL_LEVEL ?= $(shell nproc 2>/dev/null || echo 2)
# SOURCE_DATE_EPOCH before 1980 breaks the build's zip; this make's flags are not that make's.
PIP_INSTALL = env -u SOURCE_DATE_EPOCH -u MAKEFLAGS -u MFLAGS -u MAKELEVEL \
	CMAKE_ARGS='$(LLAMA_LIBRARY_ONLY) $(CMAKE_ARGS)' \
	CMAKE_BUILD_PARALLEL_LEVEL=$(CMAKE_BUILD_PARALLEL_LEVEL) \
	$(BIN)/python -m pip install --disable-pip-version-check --no-input --editable

# A worker to a core; the tests of one file stay with one worker.
PYTEST = QT_QPA_PLATFORM=xcb $(BIN)/python -m pytest --numprocesses logical --dist loadfile \
	--xvfb-backend xvfb
ON_ANOTHER_BUILD = $(BIN)/python -m pytest --numprocesses 0 -m slow

# The app on the model that ships; without a display the same conversation in the terminal.
run: $(if $(DISPLAYED),window-packages) $(VENV)/app.stamp
	@$(BIN)/soulchat $(if $(DISPLAYED),,--text)

# The app and convert; no torch.
test: test-packages $(VENV)/test.stamp
	$(PYTEST) -m 'not finetune and not slow'

# What `make test` leaves out because it needs torch.
test-all: test-packages $(VENV)/finetune.stamp
	$(PYTEST) -m 'finetune and not slow'

# A thousand kills of the history and as many of the window, and a full disk at each write of a
# changed key: about an hour and a half on two idle cores, half of it the window's. Real
# vocabularies, too, out of llama.cpp's source tree.
test-slow: test-packages $(VENV)/test.stamp $(LLAMA_CPP)/models
	LLAMA_CPP_TREE='$(abspath $(LLAMA_CPP))' $(PYTEST) -m 'slow and not finetune' --timeout 7200

# A model on a graphics processor; without one a processor plays it, through Vulkan. It needs a
# llama.cpp of its own, built the first time in ten minutes on two cores, with cmake and ninja, on
# Debian 12.
test-device: $(VENV)/vulkan/environment
	. $< && $(ON_ANOTHER_BUILD) tests/unit/engine/test_device.py

# A llama.cpp that computes in modules, one for each kind of processor; built the first time too,
# fourteen times the processor's part of it.
test-modules: $(VENV)/modules/environment
	. $< && $(ON_ANOTHER_BUILD) tests/unit/engine/test_cpu_modules.py

$(VENV)/%/environment: $(VENV)/test.stamp
	PYTHON=$(BIN)/python tests/support/$*_build.sh $(VENV)/$*

# The source distribution of the llama-cpp-python that is installed has llama.cpp's tree in it.
$(LLAMA_CPP)/models: $(VENV)/test.stamp
	@rm -rf $(LLAMA_CPP) && mkdir $(LLAMA_CPP)
	$(BIN)/python -m pip download --disable-pip-version-check --no-input --no-deps \
		--no-binary llama-cpp-python --dest $(LLAMA_CPP) '$(LLAMA_CPP_PIN)'
	cd $(LLAMA_CPP) && tar -xzf *.tar.gz --strip-components 3 \
		$$(tar -tzf *.tar.gz | grep '/vendor/llama.cpp/models/ggml-vocab-') && rm *.tar.gz
	@touch $@

bench: $(VENV)/app.stamp
	@$(BIN)/soulchat bench --json

check: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

window-packages:
	@packaging/system_packages.sh window

test-packages:
	@packaging/system_packages.sh tests

$(VENV)/pyvenv.cfg:
	$(if $(PYTHON),,$(error $(NO_PYTHON)))
	@packaging/system_packages.sh build '$(PYTHON)'
	'$(PYTHON)' -m venv $(VENV)

$(VENV)/app.stamp: $(VENV)/pyvenv.cfg pyproject.toml
	@echo '正在安装；llama.cpp 只编译这一次，需要几分钟。'
	@echo 'Installing; llama.cpp is compiled this once, which takes some minutes.'
	$(PIP_INSTALL) .
	@touch $@

$(VENV)/test.stamp: $(VENV)/app.stamp
	$(PIP_INSTALL) '.[convert,dev]'
	@touch $@

$(VENV)/finetune.stamp: $(VENV)/test.stamp
	$(PIP_INSTALL) '.[convert-peft,finetune,dev]'
	@touch $@
