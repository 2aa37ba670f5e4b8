"""What the model remembers of the messages it no longer sees, to be read and corrected."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QWidget

from desktop_app.views.conversation import Conversation
from desktop_app.views.left_open import Edit
from desktop_app.views.text_dialog import TextDialog
from resources.messages import sentence


class MemoryDialog(TextDialog):
    """What is written here is kept as it is; what is remembered later follows it."""

    def __init__(self, conversation: Conversation, parent: QWidget, begun: Edit | None) -> None:
        """Show what is remembered of `conversation`, or go on with what had been begun."""
        session = conversation.session
        self.unseen = session.unseen if begun is None else begun.unseen
        """The text stands for so many messages; more may go while it is read."""
        super().__init__(
            session.summary.text,
            partial(conversation.rewrite_summary, unseen=self.unseen),
            sentence("window.memory"),
            sentence("window.memory_means", count=self.unseen),
            sentence("window.keep"),
            parent,
        )
        self.field.invite(sentence("window.memory_empty"))
        if begun is not None:
            self.go_on_with(begun.text)
