"""Commands of the editor, of what runs, and of questions that running code asks."""

from __future__ import annotations

from .command import group

# fmt: off
CODE = group("Code", "editor",
    ("submit_or_newline", "Run when complete", "enter", "",
     "Runs the code when it is complete, else starts a new, indented line."),
    ("submit", "Run", "f5 alt+enter", "Run",
     "Runs the code as it stands, complete or not."),
    ("newline", "New line", "ctrl+j", "New line",
     "Starts a new, indented line, whatever the code looks like."),
    ("history_or_up", "Earlier code", "up", "",
     "On the first line: earlier code of this session that begins with what was typed."),
    ("history_or_down", "Later code", "down", "",
     "On the last line: later code of this session, and at last what was being typed."),
    ("complete", "Complete", "ctrl+space ctrl+@", "",
     "Shows what could stand at the cursor; while typing that comes by itself."),
    ("indent", "Complete or indent", "tab", "",
     ("Takes the completion shown, or completes what was begun before the cursor; among "
     "blanks indents the line, or all selected lines.")),
    ("dedent", "Dedent", "shift+tab", "",
     "Takes one step of indentation away from the line or all selected lines."),
    ("toggle_comment", "Comment", "ctrl+underscore ctrl+slash", "",
     "Makes the line or all selected lines comments, or code again (Ctrl+/)."),
    ("move_lines_up", "Move lines up", "alt+up", "",
     "Puts the line or all selected lines above the line before."),
    ("move_lines_down", "Move lines down", "alt+down", "",
     "Puts the line or all selected lines below the next line."),
    ("run_selection", "Run selection", "alt+x", "",
     "Runs what is selected, else the line at the cursor, and keeps it in the editor."),
)

WRITING = group("Writing", "app",
    ("search_history", "Search history", "ctrl+r", "",
     ("Finds code by words or letters among all that was ever run, here or everywhere; inserts "
     "or runs one entry or several.")),
    ("format_code", "Format code", "alt+f", "",
     "Has ruff, or else black, format the code in the editor."),
    ("edit_outside", "Edit in your editor", "alt+v", "",
     "Opens the code in the editor that VISUAL or EDITOR names, and takes it back."),
    ("show_documentation", "Documentation", "alt+d", "",
     ("Shows signature, documentation and source of the name at the cursor, or of the "
     "completion highlighted.")),
)

RUNNING = group("Running", "app",
    ("interrupt", "Interrupt", "ctrl+c", "Interrupt",
     ("Raises KeyboardInterrupt in the running code; variables are kept. Copies instead "
     "when text is selected; clears the editor when nothing runs. Pressed again and again it "
     "offers to show where the code is, or to kill the worker.")),
    ("show_queue", "Queue", "alt+q", "",
     ("Shows code that waits for the end of what runs: puts it into another order, cancels or "
     "edits it; whether an error cancels the rest is chosen here.")),
    ("show_stacks", "Show where the code is", "f7", "",
     "Shows the stack of every thread of the worker, also while it runs."),
    ("restart_session", "Fresh start", "f9", "",
     ("Starts an empty worker for this session, also after a death. Output and history "
     "stay.")),
    ("kill_worker", "Kill the worker", "", "",
     ("Ends the worker at once, when nothing else helps. The session stays, with its "
     "output.")),
)

INPUT = group("Input", "input",
    ("answer", "Answer", "enter", "Answer",
     "Sends the line to the code that waits for it."),
    ("end_of_input", "End of input", "ctrl+d", "End of input",
     "On an empty line: the waiting code gets EOFError."),
    ("interrupt_input", "Interrupt", "ctrl+c", "Interrupt",
     "The waiting code gets KeyboardInterrupt."),
    ("earlier_answer", "Earlier answer", "up", "",
     "An earlier answer given in this session."),
    ("later_answer", "Later answer", "down", "",
     "A later answer given in this session."),
    ("next_question", "Next question", "tab", "",
     "Shows the next question, where several wait; the others stay open."),
    ("leave", "Back to the editor", "escape", "Editor",
     "Leaves the question open and goes back to the editor."),
)
# fmt: on
