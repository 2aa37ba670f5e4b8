"""The child process: reads requests from stdin, owns llama.cpp, answers on stdout.

Started as `python -m desktop_app.engine.worker`. It gets no argument, no key, no path but the
model's, and no text but what comes over the pipe. The reader thread hears `cancel` and the end of
stdin while llama.cpp computes; the end of stdin ends the process at once, whatever it does.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from dataclasses import asdict
from functools import partial
from importlib import metadata
from typing import IO, TYPE_CHECKING, Final

from desktop_app.engine import wire
from desktop_app.engine.empty_network import leave_networks
from desktop_app.engine.pacing import paced
from desktop_app.engine.placement import Placement
from desktop_app.engine.precautions import take_precautions
from desktop_app.engine.protocol import Finished, Piece, Request
from desktop_app.engine.pulse import Pulse
from desktop_app.engine.sandbox import refuse_internet
from desktop_app.errors import EngineError, KnownError
from resources.errors import place_of

if TYPE_CHECKING:
    from desktop_app.engine.context import KvContext
    from desktop_app.engine.transcript import Transcript


IDLE_S: Final = 2.0
"""How long nothing must have been asked before the child measures something for itself."""


class Inbox:
    """Requests in order of arrival; cancelling overtakes them."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._requests: queue.SimpleQueue[tuple[float, wire.Message]] = queue.SimpleQueue()
        self._cancelled = -1
        threading.Thread(target=self._listen, name="inbox", daemon=True).start()

    def next(self, timeout: float | None = None) -> tuple[float, wire.Message]:
        """Wait for the next request; return when it arrived (perf_counter) and what it is.

        Raises:
            queue.Empty: none came within `timeout` seconds.
        """
        return self._requests.get(timeout=timeout)

    def waiting(self) -> bool:
        """Tell whether there is a request."""
        return not self._requests.empty()

    def cancelled(self, number: int) -> bool:
        """Tell whether request `number` was cancelled."""
        return number <= self._cancelled

    def _listen(self) -> None:
        try:
            while (message := wire.read(self._stream)) is not None:
                if message["op"] == "cancel":
                    self._cancelled = max(self._cancelled, message["id"])
                else:
                    self._requests.put((time.perf_counter(), message))
        finally:
            # The parent closed the pipe, or died in the middle of a line. Nothing needs saving.
            os._exit(0)


class Worker:
    """The loop of the child."""

    def __init__(self, inbox: Inbox, out: IO[bytes], *, internet_refused: dict[str, bool]) -> None:
        self._inbox = inbox
        self._out = out
        self._internet_refused = internet_refused
        self._pulse = Pulse(self._send)
        self._loaded: tuple[Transcript, KvContext] | None = None
        self._identity = ""
        self._unmeasured: tuple[int, ...] = ()
        """Numbers of threads to compare, the one in use in front."""

    def run(self) -> None:
        """Answer requests until the process ends."""
        self._send(
            {
                "event": "hello",
                "wire": wire.WIRE_VERSION,
                "pid": os.getpid(),
                "llama_cpp": metadata.version("llama-cpp-python"),
            }
        )
        while True:
            try:
                arrived, message = self._inbox.next(IDLE_S if self._unmeasured else None)
            except queue.Empty:
                self._measure()
                continue
            try:
                self._answer(message, arrived)
            except KnownError as error:
                self._send(
                    {"event": "known", "id": message["id"], "key": error.key}
                    | {"values": error.values}
                )
            except Exception as error:  # noqa: BLE001 - the parent raises it as a BugError
                self._send({"event": "bug", "id": message["id"], "place": place_of(error)})

    def _answer(self, message: wire.Message, arrived: float) -> None:
        match message["op"]:
            case "load":
                self._load(message)
            case "describe":
                from desktop_app.engine.backends import devices, load_backends  # noqa: PLC0415
                from desktop_app.engine.llama import describe  # noqa: PLC0415 - as in _load

                load_backends()
                facts = describe() | {
                    "devices": [asdict(device) for device in devices()],
                    "internet_refused": self._internet_refused,
                }
                self._send({"event": "described", "id": message["id"], "facts": facts})
            case "check":
                from desktop_app.engine.device_check import error_of  # noqa: PLC0415 - as in _load

                error = error_of(message["path"], message["device"])
                self._send({"event": "checked", "id": message["id"], "error": error})
            case "count":
                transcript, _ = self._model()
                tokens = len(transcript.tokens(wire.turns_in(message["turns"])))
                self._send({"event": "counted", "id": message["id"], "tokens": tokens})
            case "reply":
                self._reply(message, arrived)
            case "read":
                self._read_ahead(message)
            case "snapshot":
                self._take_snapshot(message)
            case "restore":
                self._restore(message)

    def _load(self, message: wire.Message) -> None:
        # Heavy and native: imported after the handshake, so that a library that cannot be
        # loaded is a death the parent can tell from a child that never started.
        from desktop_app.engine.context import KvContext  # noqa: PLC0415
        from desktop_app.engine.llama import Llama  # noqa: PLC0415
        from desktop_app.engine.snapshot import identity  # noqa: PLC0415
        from desktop_app.engine.template import ChatTemplate  # noqa: PLC0415
        from desktop_app.engine.transcript import Transcript  # noqa: PLC0415

        placement = Placement(**message["placement"])
        llama = Llama(
            message["path"],
            n_ctx=placement.n_ctx,
            threads=message["threads"],
            placement=placement,
            progress=self._pulse.tick,
        )
        source = llama.chat_template()
        if source is None:
            raise EngineError("engine.no_template")
        vocabulary = llama.vocabulary
        bos, eos = vocabulary.text(vocabulary.bos), vocabulary.text(vocabulary.eos)
        template = ChatTemplate(source, bos=bos, eos=eos)
        self._loaded = Transcript(template, vocabulary), KvContext(llama)
        self._identity = identity(llama, source, sha256=message["sha256"])
        self._unmeasured = (message["threads"], *message["others"]) if message["others"] else ()
        self._send({"event": "loaded", "id": message["id"], "n_ctx": llama.n_ctx})

    def _measure(self) -> None:
        """Find out with how many threads this model is fastest, unless something is asked."""
        from desktop_app.engine.tempo import fastest  # noqa: PLC0415 - as in _load

        _, context = self._model()
        threads = fastest(context, self._unmeasured, self._inbox.waiting)
        if threads is None and self._inbox.waiting():
            return  # there is another try when that is answered
        self._unmeasured = ()
        if threads is not None:
            self._send({"event": "measured", "threads": threads})

    def _reply(self, message: wire.Message, arrived: float) -> None:
        from desktop_app.engine.writer import write_reply  # noqa: PLC0415 - as in _load

        transcript, context = self._model()
        request = Request(
            wire.turns_in(message["turns"]),
            wire.sampling_in(message["sampling"]),
            message["max_tokens"],
        )
        number = message["id"]
        for event in paced(
            write_reply(
                request,
                transcript=transcript,
                context=context,
                cancelled=partial(self._cancelled, number),
                arrived=arrived,
            )
        ):
            match event:
                case Piece(text):
                    self._send({"event": "piece", "id": number, "text": text})
                case Finished():
                    self._send(wire.finished_out(number, event))

    def _read_ahead(self, message: wire.Message) -> None:
        transcript, context = self._model()
        number = message["id"]
        tokens = context.read_ahead(
            transcript.beginning(wire.turns_in(message["turns"])),
            partial(self._cancelled, number),
        )
        self._send({"event": "read", "id": number, "tokens": tokens})

    def _cancelled(self, number: int) -> bool:
        """Tell whether request `number` was cancelled; who asks is getting on with it."""
        self._pulse.tick()
        return self._inbox.cancelled(number)

    def _take_snapshot(self, message: wire.Message) -> None:
        from desktop_app.engine.snapshot import take_snapshot  # noqa: PLC0415 - as in _load

        transcript, context = self._model()
        content = take_snapshot(
            wire.turns_in(message["turns"]),
            transcript=transcript,
            context=context,
            identity=self._identity,
            at_most=message["at_most"],
        )
        self._send({"event": "snapshot", "id": message["id"]}, content)

    def _restore(self, message: wire.Message) -> None:
        from desktop_app.engine.snapshot import restore  # noqa: PLC0415 - as in _load

        transcript, context = self._model()
        tokens = restore(
            message["content"], transcript=transcript, context=context, identity=self._identity
        )
        self._send({"event": "restored", "id": message["id"], "tokens": tokens})

    def _model(self) -> tuple[Transcript, KvContext]:
        assert self._loaded is not None, "the parent loads before it asks"
        return self._loaded

    def _send(self, message: wire.Message, content: bytes = b"") -> None:
        wire.write(self._out, message, content)


def main() -> None:
    """Run the child until its stdin ends."""
    namespace = leave_networks()  # while there is one thread, and before what it would undo
    take_precautions()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # an interrupted Python aborts, as if it crashed
    internet_refused = {"seccomp": refuse_internet(), "namespace": namespace}
    # Whatever a library prints goes to stderr; the pipe carries our lines alone.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        Worker(Inbox(sys.stdin.buffer), out, internet_refused=internet_refused).run()
    except BrokenPipeError:
        os._exit(0)


if __name__ == "__main__":
    main()
