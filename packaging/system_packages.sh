#!/usr/bin/env bash
# System packages that pip cannot bring, for one of three uses:
#
#   system_packages.sh build PYTHON   a virtual environment of PYTHON and a C++ compiler
#   system_packages.sh window         the libraries Qt's xcb platform loads, and a Chinese font
#   system_packages.sh tests          window, and a virtual display
#
# Asks for the thing itself (a library the loader finds, a command, a font), not for a package
# name: names differ between releases (libglib2.0-0, libglib2.0-0t64), and a library may come
# from elsewhere. What is missing is installed when this runs as root where apt-get is; else the
# exact line is printed and the exit status is 1. These sentences stand before any Python, so
# they are not in the catalogue and come in both languages at once.
set -euo pipefail

# Soname and Debian package of what `ldd` names for PySide6's libqxcb.so and QtWidgets.
readonly QT_LIBRARIES='
    libEGL.so.1              libegl1
    libGL.so.1               libgl1
    libX11-xcb.so.1          libx11-xcb1
    libdbus-1.so.3           libdbus-1-3
    libfontconfig.so.1       libfontconfig1
    libfreetype.so.6         libfreetype6
    libglib-2.0.so.0         libglib2.0-0
    libxcb-cursor.so.0       libxcb-cursor0
    libxcb-icccm.so.4        libxcb-icccm4
    libxcb-image.so.0        libxcb-image0
    libxcb-keysyms.so.1      libxcb-keysyms1
    libxcb-randr.so.0        libxcb-randr0
    libxcb-render-util.so.0  libxcb-render-util0
    libxcb-render.so.0       libxcb-render0
    libxcb-shape.so.0        libxcb-shape0
    libxcb-shm.so.0          libxcb-shm0
    libxcb-sync.so.1         libxcb-sync1
    libxcb-util.so.1         libxcb-util1
    libxcb-xfixes.so.0       libxcb-xfixes0
    libxcb-xkb.so.1          libxcb-xkb1
    libxkbcommon-x11.so.0    libxkbcommon-x11-0
    libxkbcommon.so.0        libxkbcommon0'

# Users without administrator rights often have no /sbin on their path; ldconfig lives there.
export PATH="$PATH:/usr/sbin:/sbin"

missing=()

need_command() { # COMMAND PACKAGE
    command -v "$1" >/dev/null || missing+=("$2")
}

need_build() { # PYTHON
    local python=$1
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        missing+=("$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')")
    fi
    command -v c++ >/dev/null || command -v clang++ >/dev/null || need_command g++ g++
}

need_window() {
    local known soname package
    known=$(ldconfig -p)
    while read -r soname package; do
        [[ -z $soname || $known == *"$soname "* ]] || missing+=("$package")
    done <<<"$QT_LIBRARIES"
    if ! command -v fc-list >/dev/null; then
        missing+=(fontconfig fonts-wqy-microhei)
    elif [[ -z $(fc-list :lang=zh-cn) ]]; then
        missing+=(fonts-wqy-microhei)
    fi
}

need_tests() {
    need_window
    need_command Xvfb xvfb
    need_command xvfb-run xvfb
    need_command xauth xauth
    # The log of system calls that shows that nothing opens an internet connection.
    need_command strace strace
    # A real Secret Service for the vault's keyring.
    need_command dbus-daemon dbus
    need_command gnome-keyring-daemon gnome-keyring
}

install_missing() {
    local -a packages
    mapfile -t packages < <(printf '%s\n' "${missing[@]}" | sort -u)
    if ! command -v apt-get >/dev/null; then
        echo "缺少系统软件包，请用本系统的包管理器安装与这些 Debian 包相当的包：${packages[*]}" >&2
        echo "System packages are missing; install what your system calls: ${packages[*]}" >&2
        exit 1
    fi
    if [[ $(id -u) -ne 0 ]]; then
        echo "缺少系统软件包，请运行下面这一行，然后再试一次。" >&2
        echo "System packages are missing; run this line, then try again:" >&2
        echo "sudo apt-get update && sudo apt-get install -y ${packages[*]}" >&2
        exit 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    # Another installation, such as the system's own of updates, is waited for.
    local -a apt=(apt-get -qq -o DPkg::Lock::Timeout=300)
    "${apt[@]}" update
    "${apt[@]}" install -y --no-install-recommends "${packages[@]}" >/dev/null
}

[[ $(uname) == Linux ]] || exit 0
case ${1:-} in
    build) need_build "$2" ;;
    window) need_window ;;
    tests) need_tests ;;
    *) echo "usage: $0 build PYTHON | window | tests" >&2 && exit 2 ;;
esac
[[ ${#missing[@]} -eq 0 ]] || install_missing
