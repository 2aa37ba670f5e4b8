"""Whose message is being answered: one conversation at a time, and never one that waits in vain.

Knows conversations and the counselling thread, no widget. A message sent before the model is in
memory waits for it; one that cannot be answered is kept, and asked again when there is a way.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

from desktop_app.care.guard.verdict import Level, Verdict
from desktop_app.conversation.message import checked, composed
from desktop_app.conversation.reply import Reply
from desktop_app.dialogue import TurnState
from desktop_app.errors import EngineError, KnownError, MessageError
from desktop_app.vault.errors import BusyVaultError
from desktop_app.views.conversation import Conversation
from desktop_app.views.counselling import Counselling
from desktop_app.views.long_writes import LongWrites
from desktop_app.views.tasks import Tasks

if TYPE_CHECKING:
    from desktop_app.conversation.watch import Watched

STOP_MS: Final = 200
"""A reply ends in the window so long after Stop, whether or not the model has heard of it."""


class Exchange(QObject):
    """From a message sent to its reply kept."""

    changed = Signal()
    """Another conversation, or none, is being answered."""
    answered = Signal(Conversation)
    left_unanswered = Signal(Conversation)
    """Stopped, or ended, before the first character of a reply."""
    postponed = Signal(Conversation)
    """There is no model; it is answered once there is one."""
    failed = Signal(Conversation)
    """The reply broke off, or could not be written down; the conversation knows the trouble."""
    alarmed = Signal(Conversation, Verdict)
    """The guard sees danger in what was said; it is heard before any reply."""
    given_back = Signal(Conversation, str)
    """The model cannot read this message as it is; its text is no longer in the conversation."""

    def __init__(self, counselling: Counselling) -> None:
        super().__init__(counselling)
        self.current: Conversation | None = None
        """The conversation being answered."""
        self._waiting: list[Conversation] = []
        """Whose turn comes when there is a model, and none before it is being answered."""
        self._keeping: list[Conversation] = []
        """Whose reply has ended, and is being written down."""
        self._asked = self._stopping = False
        self._tasks = Tasks(self)
        self.long_writes = LongWrites(self)
        """Whoever changes the whole history takes turns with replies."""
        self.long_writes.ended.connect(self._next)
        self._leaver = QTimer(self, interval=STOP_MS, singleShot=True)
        self._leaver.timeout.connect(self._give_up)
        self._counselling = counselling
        counselling.opened.connect(self._opened)
        counselling.failed_to_open.connect(self._no_model)
        counselling.wrote.connect(self._wrote)
        counselling.replied.connect(self._replied)
        counselling.failed_to_reply.connect(self._failed)

    def say(self, conversation: Conversation, text: str) -> None:
        """Add a message to `conversation` and have it answered.

        Raises:
            MessageError: it is none that can be kept, or far too long.
            VaultError: the message could not be kept; nothing has changed.
        """
        self.heed(conversation, text)
        if conversation.id is not None and self.long_writes.under_way:
            raise BusyVaultError("vault.being_changed")  # the window would stand still meanwhile
        conversation.say(checked(text))
        self.ask(conversation)

    def heed(self, conversation: Conversation, *texts: str) -> None:
        """Have the guard hear what waits for a reply, and what is being said.

        Whatever becomes of that afterwards; there has to be one or the other.
        """
        heard = (composed(text).encode(errors="replace").decode() for text in texts)  # half a pair
        verdict = _watched(conversation, *heard).verdict
        if verdict.level is not Level.NONE:
            self.alarmed.emit(conversation, verdict)

    def ask(self, conversation: Conversation) -> None:
        """Have what is without a reply answered, now or when its turn comes."""
        conversation.trouble = None
        if conversation not in self._waiting:
            self._waiting.append(conversation)
        self._next()

    def waits(self, conversation: Conversation) -> bool:
        """Tell whether this conversation is answered when there is a model, and none before it."""
        return conversation in self._waiting

    def keeps(self, conversation: Conversation) -> bool:
        """Tell whether the end of a reply of this conversation is on its way to the disk."""
        return conversation in self._keeping

    def busy_with(self, conversation: Conversation) -> bool:
        """Tell whether this conversation is being answered, kept, or waits for an answer."""
        answered = conversation is self.current or self.waits(conversation)
        return answered or self.keeps(conversation)

    def stop_asked(self) -> None:
        """End a reply that a model is writing; who still waits for a model goes on waiting."""
        if self._asked:
            self.stop()

    def stop(self) -> None:
        """End the reply in progress, or stop waiting for the model."""
        if self.current is None:
            return
        self._stopping = True
        if self._asked:
            self._counselling.stop()
            if not self._leaver.isActive():  # a second click waits no longer than the first
                self._leaver.start()
        else:
            self._leave_off()

    def forget(self, conversation: Conversation) -> None:
        """Answer this conversation no longer; what came of a reply is kept."""
        if conversation in self._waiting:
            self._waiting.remove(conversation)
        if conversation is self.current:
            self.stop()

    def leave(self) -> None:
        """Keep what came of a reply: the history closes, and nothing more will come.

        Raises:
            VaultError: it is not all written down.
        """
        conversation, self.current = self.current, None
        self._waiting.clear()
        self._leaver.stop()
        ended, self._keeping = self._keeping, []
        if conversation is not None:
            conversation.leave_off(TurnState.STOPPED)
            ended.append(conversation)
            self.changed.emit()
        with ExitStack() as steps:  # all are taken, whatever becomes of one; the last one first
            steps.callback(self.long_writes.end_replying)
            steps.callback(self._tasks.close)
            for conversation in ended:
                steps.callback(conversation.settle)

    def _next(self) -> None:
        # One that was turned back to an answered version has nothing to ask any more.
        self._waiting = [each for each in self._waiting if each.waits_for_reply]
        written = any(each.id is not None for each in self._waiting)
        may_write = written and self.long_writes.begin_replying()
        may_say = may_write or self.long_writes.replying  # whatever waits for that turn
        self._say_what_needs_no_model([w for w in self._waiting if may_say or w.id is None])
        self._begin([each for each in self._waiting if may_write or each.id is None])
        self._rest()
        self.changed.emit()

    def _begin(self, may_begin: Sequence[Conversation]) -> None:
        """Have the first that may begin answered, unless another is."""
        ready = [each for each in may_begin if not self.keeps(each)]
        if self.current is None and ready:
            self.current = ready[0]
            self._waiting.remove(self.current)
            self._asked = self._stopping = False
            self.current.begin_reply()
            if self._counselling.ready:
                self._send()
            else:
                self._counselling.open_again()

    def _rest(self) -> None:
        """Give the turn to write back, where nothing that is written comes or is kept."""
        current = [] if self.current is None else [self.current]
        if all(each.id is None for each in (*current, *self._keeping)):
            self.long_writes.end_replying()

    def _say_what_needs_no_model(self, may_begin: Sequence[Conversation]) -> None:
        """Give the guard's words to whom it has some for: they wait for nobody's reply."""
        for conversation in may_begin:
            if self.keeps(conversation) or (conversation is self.current and self._asked):
                continue  # its own reply is being written
            words = _watched(conversation).reply
            if words is None:
                continue
            self._waiting.remove(conversation)
            if conversation is self.current:  # it waited for a model
                self.current = None
                conversation.leave_off(TurnState.INTERRUPTED)
            conversation.begin_reply()
            self._say_beforehand(conversation, words)

    def _say_beforehand(self, conversation: Conversation, words: str) -> None:
        """Answer with words written beforehand, all at once."""
        conversation.write(words)
        conversation.leave_off(TurnState.COMPLETE)
        self._keep(conversation)

    def _send(self) -> None:
        assert self.current is not None
        self._asked = True
        self._counselling.answer(self.current.session, self.current.question())

    def _opened(self) -> None:
        if self.current is not None:
            self._send()
        else:
            self._next()

    def _no_model(self, _error: Exception) -> None:
        if self.current is not None:
            conversation, self.current = self.current, None
            self._asked = False
            words = _watched(conversation).without_model
            if words is not None:  # in danger nobody waits for one
                self._say_beforehand(conversation, words)
                self._next()
                return
            self._waiting.insert(0, conversation)
            conversation.leave_off(TurnState.INTERRUPTED)
            self._rest()
            self.changed.emit()
            self.postponed.emit(conversation)

    def _give_up(self) -> None:
        """Wait no longer for a model that does not listen; it is ended behind the window."""
        if self.current is not None and self._stopping and self._asked:
            self._counselling.give_up()
            self._leave_off()

    def _wrote(self, text: str) -> None:
        if self.current is not None:
            self.current.write(text)

    def _replied(self, reply: Reply) -> None:
        self._leaver.stop()
        conversation, self.current = self.current, None
        if conversation is None:
            return
        conversation.keep(reply)
        self._keep(conversation)
        self._next()

    def _failed(self, error: Exception) -> None:
        self._leaver.stop()
        conversation, self.current = self.current, None
        if conversation is None:
            return
        stopped = self._stopping and isinstance(error, EngineError)
        conversation.leave_off(TurnState.STOPPED if stopped else TurnState.INTERRUPTED)
        if isinstance(error, MessageError):
            self._give_back(conversation, error)
        else:  # stopped: the child did not listen, and was ended
            self._keep(conversation, None if stopped else error)
        self._next()

    def _leave_off(self) -> None:
        conversation, self.current = self.current, None
        assert conversation is not None
        conversation.leave_off(TurnState.STOPPED)
        self._keep(conversation)
        self._next()

    def _keep(self, conversation: Conversation, trouble: Exception | None = None) -> None:
        """Have a reply that has ended written down, and tell of it then.

        Its end is on the screen already. The disk may take its time, and the window does not wait.
        """
        ended = self.left_unanswered if conversation.waits_for_reply else self.answered

        def tell(error: Exception | None) -> None:
            self._keeping.remove(conversation)
            if error is None:
                self.changed.emit()
                ended.emit(conversation)
            elif self.waits(conversation):  # the person has gone on, and that cleared it
                self.changed.emit()
            else:
                self._tell_failed(conversation, error)
            self._next()

        self._keeping.append(conversation)
        self._tasks.start(conversation.settle, lambda _: tell(trouble), tell)
        self.changed.emit()

    def _give_back(self, conversation: Conversation, error: MessageError) -> None:
        """Take messages without a reply out of the conversation, up to the longest."""
        longest, taken = conversation.longest_unanswered(), list[str]()
        if error.key == "message.too_long":  # counted with what waited beside it
            error = MessageError(error.key, characters=longest)
        conversation.trouble = error
        try:
            while not taken or len(taken[0]) < longest:
                taken.insert(0, conversation.take_back())
        except KnownError as not_kept:
            if not taken:
                self._tell_failed(conversation, not_kept)
                return
            conversation.trouble = not_kept  # what was taken is nowhere but in the field
        self.changed.emit()
        self.given_back.emit(conversation, "\n\n".join(taken))

    def _tell_failed(self, conversation: Conversation, error: Exception) -> None:
        conversation.trouble = error
        self.changed.emit()
        self.failed.emit(conversation)


def _watched(conversation: Conversation, *further: str) -> Watched:
    """Have the guard judge what waits. The model's thread loads it, or the first message does."""
    from desktop_app.conversation.watch import watch

    return watch(conversation.session, *conversation.waiting, *further)
