"""What macOS tells its own programs: it is about to sleep, or another user's session is in front.

These come to an object of the Objective-C runtime, so one is made. The system waits for its answer
before it sleeps.

Source: AppKit, NSWorkspaceWillSleepNotification, NSWorkspaceSessionDidResignActiveNotification;
objc_allocateClassPair, class_replaceMethod in the Objective-C runtime reference.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, Final

NOTIFICATIONS: Final = (
    b"NSWorkspaceWillSleepNotification",
    b"NSWorkspaceScreensDidSleepNotification",
    b"NSWorkspaceSessionDidResignActiveNotification",
)
SELECTOR: Final = b"soulchatLeaving:"
OBSERVER: Final = b"SoulChatLeaving"
_METHOD: Final = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3)


class Workspace:
    """Calls `leaving` until `close`."""

    def __init__(self, leaving: Callable[[], None], runtime: ObjectiveC | None = None) -> None:
        """Take the Objective-C runtime, by default the system's."""
        self._runtime = runtime = runtime or ObjectiveC()
        workspace = runtime.send(runtime.named(b"NSWorkspace"), b"sharedWorkspace")
        self._center = runtime.send(workspace, b"notificationCenter")
        self._observer = runtime.observer(leaving)
        for name in NOTIFICATIONS:
            string = runtime.string(name)
            runtime.send(
                self._center,
                b"addObserver:selector:name:object:",
                self._observer,
                runtime.selector(SELECTOR),
                string,
                None,
            )

    def close(self) -> None:
        """Hear no more."""
        self._runtime.send(self._center, b"removeObserver:", self._observer)


class ObjectiveC:
    """As much of the runtime as listening takes; AppKit is loaded by Qt's platform plugin."""

    def __init__(self) -> None:
        pointer = ctypes.c_void_p
        self._library: Any = ctypes.CDLL("/usr/lib/libobjc.A.dylib")
        for name, takes in (
            ("objc_getClass", [ctypes.c_char_p]),
            ("sel_registerName", [ctypes.c_char_p]),
            ("objc_allocateClassPair", [pointer, ctypes.c_char_p, ctypes.c_size_t]),
            ("objc_registerClassPair", [pointer]),
            ("class_replaceMethod", [pointer, pointer, pointer, ctypes.c_char_p]),
        ):
            function = getattr(self._library, name)
            function.restype, function.argtypes = pointer, takes
        self._send = ctypes.cast(self._library.objc_msgSend, pointer).value or 0
        self._methods: list[Any] = []
        """What the runtime calls has to stay."""

    def named(self, name: bytes) -> Any:
        """Return a class."""
        return self._library.objc_getClass(name)

    def selector(self, name: bytes) -> Any:
        """Return a selector."""
        return self._library.sel_registerName(name)

    def send(self, receiver: Any, selector: bytes, *arguments: Any) -> Any:
        """Send a message of pointers alone."""
        pointers = [ctypes.c_void_p] * (2 + len(arguments))
        call = ctypes.CFUNCTYPE(ctypes.c_void_p, *pointers)(self._send)
        return call(receiver, self.selector(selector), *arguments)

    def string(self, text: bytes) -> Any:
        """Return an NSString."""
        call = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)(
            self._send
        )
        return call(self.named(b"NSString"), self.selector(b"stringWithUTF8String:"), text)

    def observer(self, heard: Callable[[], None]) -> Any:
        """Return an object with the method SELECTOR, which calls `heard`."""
        kind = self.named(OBSERVER)
        if not kind:  # a class is made once in a process
            kind = self._library.objc_allocateClassPair(self.named(b"NSObject"), OBSERVER, 0)
            self._library.objc_registerClassPair(kind)
        method = _METHOD(lambda *_: heard())
        self._methods.append(method)
        at = ctypes.cast(method, ctypes.c_void_p)
        self._library.class_replaceMethod(kind, self.selector(SELECTOR), at, b"v@:@")
        return self.send(self.send(kind, b"alloc"), b"init")
