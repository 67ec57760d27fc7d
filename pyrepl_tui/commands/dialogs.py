"""Commands of what opens over the workspace, or below its output, for a while."""

from __future__ import annotations

from .command import group

# fmt: off
HISTORY = group("History", "history",
    ("move(-1)", "Newer", "up", "",
     "The newer entry."),
    ("move(1)", "Older", "down ctrl+r", "",
     "The older entry."),
    ("move(-10)", "Page newer", "pageup", "",
     "Ten entries newer."),
    ("move(10)", "Page older", "pagedown", "",
     "Ten entries older."),
    ("take(False)", "Insert", "enter", "",
     "Puts the marked entries, or else the highlighted one, into the editor."),
    ("take(True)", "Run", "f5", "",
     "Runs the marked entries, or else the highlighted one."),
    ("mark", "Mark", "tab", "",
     "Marks the entry, to take several."),
    ("toggle_scope", "This folder or all", "ctrl+o", "",
     "Searches what was run in this folder alone, or everything."),
    ("forget", "Forget", "delete", "",
     "Removes the entry from the history for good."),
    ("close_history", "Close", "escape", "",
     "Goes back to the workspace."),
)

QUEUE = group("Queue", "queue",
    ("move(-1)", "Sooner", "alt+up shift+up u", "",
     "Puts the code one place forward."),
    ("move(1)", "Later", "alt+down shift+down d", "",
     "Puts the code one place back."),
    ("cancel", "Cancel", "delete backspace", "",
     "Takes the code out of the queue."),
    ("cancel_all", "Cancel all", "c", "",
     "Takes all code out of the queue."),
    ("edit", "Edit", "e enter", "",
     "Takes the code out of the queue and into the editor."),
    ("toggle_stop", "On error", "s", "",
     "Whether a run that fails cancels the rest."),
    ("close", "Close", "escape q", "",
     "Goes back to the workspace."),
)

ENDED = group("Ended sessions", "ended",
    ("reopen", "Reopen", "enter", "",
     "Brings the session back as it was last kept, in a tab of its own."),
    ("reopen_all", "Reopen all", "a", "",
     "Brings all of them back."),
    ("forget", "Forget", "f delete", "",
     "Offers it no longer; what it left on the disk stays."),
    ("close_ended", "Close", "escape q", "",
     "Goes back to the workspace; they are still offered."),
)

PENDING = group("Pending", "pending",
    ("commit", "Commit", "c", "",
     "Keeps what the listed runs changed."),
    ("roll_back", "Roll back", "r", "",
     "Puts back the state before the first of them."),
    ("close_pending", "Close", "escape q enter", "",
     "Leaves it pending."),
)

DOCUMENTATION = group("Documentation", "documentation",
    ("toggle_source", "Source", "s", "",
     "Shows the source, or the documentation again."),
    ("close_documentation", "Close", "escape q enter", "",
     "Goes back to the workspace."),
)

FINDING = group("Finding", "find",
    ("older", "Match above", "up", "",
     "Goes to the match above; so does Enter."),
    ("newer", "Match below", "down shift+enter", "",
     "Goes to the match below."),
    ("toggle_regex", "Regular expression", "alt+r", "",
     "Takes what is typed for a regular expression, or for plain text."),
    ("toggle_case", "Case", "alt+c", "",
     "Tells capital letters from small ones, or does not."),
)

ASKING = group("Finding", "prompt",
    ("leave", "Close", "escape", "",
     "Ends the search, or whatever else is asked below the output."),
)
# fmt: on
