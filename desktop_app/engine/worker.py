"""The child process: reads requests from stdin, owns llama.cpp, answers on stdout.

Started as `python -m desktop_app.engine.worker`. It gets no argument, no key, no path but the
model's, and no text but what comes over the pipe. The reader thread hears `cancel` and the end of
stdin while llama.cpp computes; the end of stdin ends the process at once, whatever it does.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from importlib import metadata
from typing import IO, TYPE_CHECKING

from desktop_app.engine import wire
from desktop_app.engine.precautions import take_precautions
from desktop_app.engine.protocol import Finished, Piece, Request
from desktop_app.errors import EngineError, KnownError
from resources.errors import place_of

if TYPE_CHECKING:
    from desktop_app.engine.context import KvContext
    from desktop_app.engine.transcript import Transcript


class Inbox:
    """Requests in order of arrival; cancelling overtakes them."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._requests: queue.SimpleQueue[tuple[float, wire.Message]] = queue.SimpleQueue()
        self._cancelled = -1
        threading.Thread(target=self._listen, name="inbox", daemon=True).start()

    def next(self) -> tuple[float, wire.Message]:
        """Wait for the next request; return when it arrived (perf_counter) and what it is."""
        return self._requests.get()

    def cancelled(self, number: int) -> bool:
        """Tell whether request `number` was cancelled."""
        return number <= self._cancelled

    def _listen(self) -> None:
        try:
            for line in self._stream:
                message = wire.decode(line)
                if message["op"] == "cancel":
                    self._cancelled = max(self._cancelled, message["id"])
                else:
                    self._requests.put((time.perf_counter(), message))
        finally:
            # The parent closed the pipe, or died in the middle of a line. Nothing needs saving.
            os._exit(0)


class Worker:
    """The loop of the child."""

    def __init__(self, inbox: Inbox, out: IO[bytes]) -> None:
        self._inbox = inbox
        self._out = out
        self._loaded: tuple[Transcript, KvContext] | None = None

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
            arrived, message = self._inbox.next()
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
                from desktop_app.engine.llama import describe  # noqa: PLC0415 - as in _load

                self._send({"event": "described", "id": message["id"], "facts": describe()})
            case "count":
                transcript, _ = self._model()
                tokens = len(transcript.tokens(wire.turns_in(message["turns"])))
                self._send({"event": "counted", "id": message["id"], "tokens": tokens})
            case "reply":
                self._reply(message, arrived)

    def _load(self, message: wire.Message) -> None:
        # Heavy and native: imported after the handshake, so that a library that cannot be
        # loaded is a death the parent can tell from a child that never started.
        from desktop_app.engine.context import KvContext  # noqa: PLC0415
        from desktop_app.engine.llama import Llama  # noqa: PLC0415
        from desktop_app.engine.template import ChatTemplate  # noqa: PLC0415
        from desktop_app.engine.transcript import Transcript  # noqa: PLC0415

        llama = Llama(message["path"], n_ctx=message["n_ctx"], threads=message["threads"])
        source = llama.chat_template()
        if source is None:
            raise EngineError("engine.no_template")
        vocabulary = llama.vocabulary
        bos, eos = vocabulary.text(vocabulary.bos), vocabulary.text(vocabulary.eos)
        template = ChatTemplate(source, bos=bos, eos=eos)
        self._loaded = Transcript(template, vocabulary), KvContext(llama)
        self._send({"event": "loaded", "id": message["id"], "n_ctx": llama.n_ctx})

    def _reply(self, message: wire.Message, arrived: float) -> None:
        from desktop_app.engine.writer import write_reply  # noqa: PLC0415 - as in _load

        transcript, context = self._model()
        request = Request(
            wire.turns_in(message["turns"]),
            wire.sampling_in(message["sampling"]),
            message["max_tokens"],
        )
        number = message["id"]
        for event in write_reply(
            request,
            transcript=transcript,
            context=context,
            cancelled=lambda: self._inbox.cancelled(number),
            arrived=arrived,
        ):
            match event:
                case Piece(text):
                    self._send({"event": "piece", "id": number, "text": text})
                case Finished():
                    self._send(wire.finished_out(number, event))

    def _model(self) -> tuple[Transcript, KvContext]:
        assert self._loaded is not None, "the parent loads before it asks"
        return self._loaded

    def _send(self, message: wire.Message) -> None:
        self._out.write(wire.encode(message))
        self._out.flush()


def main() -> None:
    """Run the child until its stdin ends."""
    take_precautions()
    # Whatever a library prints goes to stderr; the pipe carries our lines alone.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        Worker(Inbox(sys.stdin.buffer), out).run()
    except BrokenPipeError:
        os._exit(0)


if __name__ == "__main__":
    main()
