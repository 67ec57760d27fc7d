"""Commands of undo, transactions and the timeline."""

from __future__ import annotations

from .command import group, moving

# fmt: off
TIME = group("Time", "app",
    ("undo_run", "Undo the last run", "alt+u", "",
     ("Brings back the state before the last run, exactly, in milliseconds: variables, "
     "modules, working folder, random numbers. What was printed stays.")),
    ("redo_run", "Undo the undo", "alt+y", "",
     "Brings back what the last undo or restore replaced."),
    ("take_checkpoint", "Checkpoint now", "alt+k", "",
     "Keeps the present state, to come back to or to branch from."),
    ("choose_policy", "Policy: what becomes of changes", "alt+o", "",
     ("Chooses the policy of the session's runs: changes are kept always, kept on success, "
     "rolled back on failure, or pending until you decide.")),
    ("choose_new_policy", "Policy of new sessions", "", "",
     "Chooses the policy that new sessions begin with."),
    ("commit_pending", "Commit the pending transaction", "alt+s", "",
     "Keeps what the runs of the pending transaction changed."),
    ("roll_back_pending", "Roll back the pending transaction", "alt+r", "",
     "Puts back the state before the first run of the pending transaction."),
    ("show_pending", "List the pending transaction", "alt+l", "",
     "Lists the runs of the pending transaction and the names they changed."),
    ("show_timeline", "Timeline", "alt+t", "Timeline",
     ("Shows the tree of checkpoints beside the output, in its place in a narrow terminal; "
     "from there, hides it.")),
)

TIMELINE = group("Timeline", "timeline",
    *moving("state"),
    ("to_present", "Present", "n", "",
     "The state in which the session is now."),
    ('want("restore")', "Restore", "enter", "Restore",
     ("Makes the chosen state the session's present; what it replaces is kept as a state too. "
     "So does a double click; the right button offers all that follows.")),
    ('want("redo")', "Undo the restore", "u", "Undo restore",
     "Brings back what the last restore or undo replaced."),
    ('want("branch")', "Branch", "b", "Branch",
     "Opens the chosen state as a second live session in a tab of its own."),
    ('want("reseeded")', "Branch with its own random numbers", "r", "",
     "Opens the chosen state in a tab whose global random generators begin anew."),
    ('want("compare")', "Compare", "c", "Compare",
     "Lays the present beside the chosen state: every variable that differs."),
    ('want("inspect")', "Look into it", "i", "Look into",
     "Shows the chosen checkpoint's variables and values as they were, without restoring it."),
    ('want("take")', "Checkpoint now", "k", "Checkpoint",
     "Keeps the present state."),
    ('want("label")', "Label", "l", "Label",
     "Gives the chosen checkpoint a name; what has one is archived and kept."),
    ('want("pin")', "Pin", "p", "Pin",
     "Keeps the chosen checkpoint until it is deleted, or no longer."),
    ('want("archive")', "Archive now", "a", "Archive",
     "Brings the chosen checkpoint to the disk, where it outlives all processes."),
    ('want("export")', "Export", "x", "",
     "Writes the chosen checkpoint to one file, which can be opened anywhere."),
    ('want("delete")', "Delete", "d delete", "Delete",
     "Forgets the chosen checkpoint; what came after it stays."),
    ("leave", "Back to the editor", "escape", "",
     "Goes back to writing; {key:show_timeline} hides the timeline."),
)
# fmt: on
