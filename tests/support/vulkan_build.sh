#!/usr/bin/env bash
# llama.cpp with Vulkan, and Mesa's lavapipe to run it on where there is no graphics processor, for
# tests/unit/engine/test_device.py. Debian 12; as any user, installs nothing, needs cmake, ninja and
# a C++ compiler.
#
#     tests/support/vulkan_build.sh FOLDER && . FOLDER/environment
#     pytest -n0 -m slow tests/unit/engine/test_device.py
#
# Debian 12's own Vulkan headers (1.3.239) are too old for this llama.cpp: those of Debian 13 are
# unpacked beside its loader, shader compiler and drivers. Ten minutes on two cores.
set -euo pipefail

folder=$(mkdir -p "$1" && cd "$1" && pwd)
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
pin=$(sed -n 's/.*"\(llama-cpp-python==[^"]*\)".*/\1/p' pyproject.toml)
usr=$folder/root/usr
libraries=$usr/lib/$(gcc -print-multiarch)

mkdir -p "$folder"/{debs,source,root,newer/lists/partial,newer/cache/archives/partial}
cat > "$folder/newer/trixie.sources" <<'SOURCE'
Types: deb
URIs: http://deb.debian.org/debian
Suites: trixie
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCE
newer=(
    -o "Dir::Etc::sourcelist=$folder/newer/trixie.sources" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$folder/newer/lists" -o "Dir::Cache=$folder/newer/cache"
)
(
    cd "$folder/debs"
    apt-get -q download glslc libshaderc1 libvulkan1 mesa-vulkan-drivers
    apt-get -q "${newer[@]}" update
    apt-get -q "${newer[@]}" download libvulkan-dev spirv-headers
)
for package in "$folder"/debs/*.deb; do
    dpkg -x "$package" "$folder/root"
done
export LD_LIBRARY_PATH=$libraries
if ldd "$usr/bin/glslc" "$libraries/libvulkan_lvp.so" | grep 'not found'; then
    echo 'These libraries are missing: apt-get install mesa-vulkan-drivers glslc' >&2
    exit 1
fi

"$python" -m pip download -q --disable-pip-version-check --no-input --no-deps \
    --no-binary llama-cpp-python --dest "$folder/source" "$pin"
tar -xzf "$folder"/source/*.tar.gz -C "$folder/source" --strip-components 1
# The libraries lie side by side in a wheel, and find each other there.
cmake -G Ninja -S "$folder/source/vendor/llama.cpp" -B "$folder/build" \
    -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON \
    -DCMAKE_INSTALL_RPATH='$ORIGIN' -DCMAKE_BUILD_WITH_INSTALL_RPATH=ON \
    -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_TOOLS=OFF \
    -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_COMMON=OFF -DLLAMA_BUILD_APP=OFF -DLLAMA_CURL=OFF \
    -DGGML_VULKAN=ON "-DCMAKE_CXX_FLAGS=-I$usr/include" "-DCMAKE_PREFIX_PATH=$usr" \
    "-DVulkan_INCLUDE_DIR=$usr/include" "-DVulkan_LIBRARY=$libraries/libvulkan.so.1" \
    "-DVulkan_GLSLC_EXECUTABLE=$usr/bin/glslc"
ninja -C "$folder/build" llama ggml

mkdir -p "$folder/python"
cp -r "$folder/source/llama_cpp" "$folder/python/"
mkdir -p "$folder/python/llama_cpp/lib"
cp -a "$folder"/build/bin/*.so* "$folder/python/llama_cpp/lib/"
sed "s#\"/usr/lib#\"$usr/lib#" "$usr"/share/vulkan/icd.d/lvp_icd.*.json > "$folder/lavapipe.json"
cat > "$folder/environment" <<ENVIRONMENT
export SOULCHAT_TEST_LLAMA_CPP='$folder/python'
export VK_ICD_FILENAMES='$folder/lavapipe.json'
export LD_LIBRARY_PATH='$libraries'
ENVIRONMENT
