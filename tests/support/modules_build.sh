#!/usr/bin/env bash
# llama.cpp with its computing in modules, one for each kind of processor, for
# tests/unit/engine/test_cpu_modules.py. Linux; as any user, installs nothing, needs cmake, ninja
# and a C++ compiler.
#
#     tests/support/modules_build.sh FOLDER && . FOLDER/environment
#     pytest -n0 -m slow tests/unit/engine/test_cpu_modules.py
set -euo pipefail

folder=$(mkdir -p "$1" && cd "$1" && pwd)
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
pin=$(sed -n 's/.*"\(llama-cpp-python==[^"]*\)".*/\1/p' pyproject.toml)

mkdir -p "$folder/source"
"$python" -m pip download -q --disable-pip-version-check --no-input --no-deps \
    --no-binary llama-cpp-python --dest "$folder/source" "$pin"
tar -xzf "$folder"/source/*.tar.gz -C "$folder/source" --strip-components 1
# SOURCE_DATE_EPOCH turns ggml's instruction sets off without a word.
env -u SOURCE_DATE_EPOCH cmake -G Ninja -S "$folder/source/vendor/llama.cpp" -B "$folder/build" \
    -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON \
    -DCMAKE_INSTALL_RPATH='$ORIGIN' -DCMAKE_BUILD_WITH_INSTALL_RPATH=ON \
    -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_TOOLS=OFF \
    -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_COMMON=OFF -DLLAMA_BUILD_APP=OFF -DLLAMA_CURL=OFF \
    -DGGML_BACKEND_DL=ON -DGGML_CPU_ALL_VARIANTS=ON -DGGML_NATIVE=OFF
ninja -C "$folder/build" llama ggml

# As pip lays out a wheel of such a build: the modules in `bin` beside the package, and no links,
# so that each library is there under three names.
rm -rf "$folder/python"
mkdir -p "$folder/python/bin"
cp -r "$folder/source/llama_cpp" "$folder/python/"
mkdir -p "$folder/python/llama_cpp/lib"
for library in "$folder"/build/bin/*.so*; do
    case $(basename "$library") in
        libggml-cpu-*.so) cp -L "$library" "$folder/python/bin/" ;;
        *) cp -L "$library" "$folder/python/llama_cpp/lib/" ;;
    esac
done
echo "export SOULCHAT_TEST_LLAMA_CPP='$folder/python'" > "$folder/environment"
