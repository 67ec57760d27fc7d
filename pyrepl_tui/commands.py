"""Every action a person can take: one declaration gives keys, palette entry, help, README row."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True)
class Command:
    """One user action."""

    id: str
    """Name of the action: ``action_<id>`` of the app, or of the widget named by `scope`."""
    title: str
    """What the palette and the help screen call it."""
    keys: tuple[str, ...]
    """Keys in Textual's spelling, the one to show first; empty for palette-only commands."""
    help: str
    """One sentence: what it does, and when it is of use."""
    group: str
    """Heading in the help screen and the README table."""
    scope: str = "app"
    """``app``: works everywhere and is in the palette. Else the pane that must have the focus."""
    footer: str = ""
    """Short label in the key bar; empty: not shown there."""


def _group(heading: str, scope: str, *rows: tuple[str, str, str, str, str]) -> tuple[Command, ...]:
    """Commands of one pane under one heading; rows: id, title, keys, label in the key bar, help."""
    return tuple(
        Command(name, title, tuple(keys.split()), text, heading, scope, footer)
        for name, title, keys, footer, text in rows
    )


# fmt: off
COMMANDS: tuple[Command, ...] = (
    *_group("Code", "editor",
        ("submit_or_newline", "Run when complete", "enter", "",
         "Runs the code when it is complete, else starts a new, indented line."),
        ("submit", "Run", "f5", "Run",
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
    ),
    *_group("Writing", "app",
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
    ),
    *_group("Running", "app",
        ("interrupt", "Interrupt", "ctrl+c", "Interrupt",
         ("Raises KeyboardInterrupt in the running code; variables are kept. Copies instead "
         "when text is selected. Pressed again and again it offers to show where the code is, "
         "or to kill the worker.")),
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
    ),
    *_group("Time", "app",
        ("undo_run", "Undo the last run", "alt+u", "",
         ("Brings back the state before the last run, exactly, in milliseconds: variables, "
         "modules, working folder, random numbers. What was printed stays.")),
        ("redo_run", "Undo the undo", "alt+y", "",
         "Brings back what the last undo or restore replaced."),
        ("take_checkpoint", "Checkpoint now", "alt+k", "",
         "Keeps the present state, to come back to or to branch from."),
        ("choose_policy", "What becomes of changes", "alt+o", "",
         ("Chooses the policy of the session's runs: changes are kept always, kept on success, "
         "rolled back on failure, or pending until you decide.")),
        ("choose_new_policy", "What becomes of changes in new sessions", "", "",
         "Chooses the policy that new sessions begin with."),
        ("commit_pending", "Commit what is pending", "alt+s", "",
         "Keeps what the runs of the pending transaction changed."),
        ("roll_back_pending", "Roll back what is pending", "alt+r", "",
         "Puts back the state before the first run of the pending transaction."),
        ("show_pending", "List what is pending", "alt+l", "",
         "Lists the runs of the pending transaction and the names they changed."),
        ("show_timeline", "Timeline", "alt+t", "Timeline",
         ("Shows the tree of checkpoints beside the output, in its place in a narrow terminal; "
         "from there, hides it.")),
    ),
    *_group("Timeline", "timeline",
        ("cursor(-1)", "Up", "up", "",
         "The state above."),
        ("cursor(1)", "Down", "down", "",
         "The state below."),
        ("page(-1)", "Page up", "pageup", "",
         "One page of states up."),
        ("page(1)", "Page down", "pagedown", "",
         "One page of states down."),
        ("to_end(True)", "Start", "home", "",
         "The first state."),
        ("to_end(False)", "End", "end", "",
         "The last state."),
        ("to_present", "Present", "n", "",
         "The state in which the session is now."),
        ('want("restore")', "Restore", "enter", "Restore",
         ("Makes the chosen state the session's present; what it replaces is kept as a state too. "
         "So does a double click.")),
        ('want("redo")', "Undo the restore", "u", "Undo restore",
         "Brings back what the last restore or undo replaced."),
        ('want("branch")', "Branch", "b", "Branch",
         "Opens the chosen state as a second live session in a tab of its own."),
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
         "Goes back to writing; Alt+T hides the timeline."),
    ),
    *_group("Comparing", "app",
        ("compare", "Compare with", "alt+c", "",
         ("Lays this session beside another one or beside one of its checkpoints: outputs of the "
         "same code, and every variable that differs.")),
    ),
    *_group("Comparison", "comparison",
        ("cursor(-1)", "Up", "up", "",
         "The row above."),
        ("cursor(1)", "Down", "down", "",
         "The row below."),
        ("page(-1)", "Page up", "pageup", "",
         "One page up."),
        ("page(1)", "Page down", "pagedown", "",
         "One page down."),
        ("to_end(True)", "Start", "home", "",
         "The first row."),
        ("to_end(False)", "End", "end", "",
         "The last row."),
        ("shift(-8)", "Left", "left", "",
         "Shows more of the start of long lines, on both sides."),
        ("shift(8)", "Right", "right", "",
         "Shows more of the end of long lines, on both sides."),
        ("difference(1)", "Next difference", "n", "",
         "Goes to the next place where the sides differ."),
        ("difference(-1)", "Difference before", "p", "",
         "Goes to the place before where the sides differ."),
        ("open", "Open", "enter", "",
         "Shows where a variable differs, or all of a run; once more hides it."),
        ("switch_view", "Outputs or variables", "o tab", "",
         "Shows the outputs of the same code, or the variables."),
        ("toggle_equal", "Equal too", "e", "",
         "Shows what is equal on both sides too, or folds it."),
        ("set_tolerance", "Tolerance", "t", "",
         "Asks how far numbers in arrays may be apart and still count as equal."),
        ("run_in_both", "Run in both", "i", "",
         "Goes to an editor whose code runs in both sessions at once."),
        ("take(True)", "Take to the left", "less_than_sign", "",
         "Copies the variable from the right side; the left session is checkpointed before."),
        ("take(False)", "Take to the right", "greater_than_sign", "",
         "Copies the variable from the left session; the right one is checkpointed before."),
        ("compare_again", "Compare again", "r", "",
         "Looks at both sides anew."),
        ("close_comparison", "Close", "escape", "",
         "From the editor to the rows, from there back to the workspace."),
    ),
    *_group("Input", "input",
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
    ),
    *_group("Sessions", "app",
        ("new_session", "New session", "ctrl+t", "New",
         "Opens a tab with a session of its own."),
        ("new_session_in", "New session with choices", "alt+shift+t", "",
         ("Asks for interpreter, folder, modules to preload, policy and limits of a new session; "
         "presets come from the settings.")),
        ("move_to_python", "Move to another Python", "", "",
         ("Opens a tab in another interpreter with what this session holds, and says how each "
         "variable has come over.")),
        ("close_session", "Close session", "f4 alt+w", "",
         "Closes the tab and ends its session; asks first when something would be lost."),
        ("rename_session", "Rename session", "f2", "",
         "Gives the session another name."),
        ("go_to_session", "Go to session 1 to 9",
         "alt+1 alt+2 alt+3 alt+4 alt+5 alt+6 alt+7 alt+8 alt+9", "",
         "Shows the session in that place."),
        ("next_session", "Next session", "ctrl+pagedown alt+n", "",
         "Shows the session to the right."),
        ("previous_session", "Previous session", "ctrl+pageup alt+p", "",
         "Shows the session to the left."),
        ("move_session_right", "Move session right", "alt+full_stop ctrl+shift+pagedown", "",
         "Moves the tab one place to the right; tabs can also be dragged."),
        ("move_session_left", "Move session left", "alt+comma ctrl+shift+pageup", "",
         "Moves the tab one place to the left."),
        ("export_session", "Export session", "alt+e", "",
         ("Writes all of the session to a file, at any size: plain text, text with colours, a web "
         "page, Markdown or a Jupyter notebook.")),
        ("attach_session", "Attach a session", "", "",
         "Shows a living session whose tab was closed while it went on."),
        ("recall_session", "Take up an ended session", "", "",
         "Shows a session that has ended; Alt+U brings back the newest state it left on disk."),
    ),
    *_group("View", "app",
        ("next_pane", "Next pane", "f6", "Pane",
         "Moves the focus: editor, question if there is one, output, variables."),
        ("toggle_variables", "Variables", "f3", "Variables",
         "Shows or hides the variables; in a narrow terminal in place of the output."),
        ("show_beside", "Another session beside", "alt+b", "",
         ("Shows another session's output beside this one's, live; once more hides it. The editor "
         "stays with the active session.")),
        ("maximise_pane", "Maximise pane", "alt+m", "",
         "Gives the pane with the focus all the room; once more shares it out again."),
        ("widen_side", "Wider side", "alt+equals_sign", "",
         "Makes the variables and the timeline wider; the line beside them can be dragged too."),
        ("narrow_side", "Narrower side", "alt+minus", "",
         "Makes the variables and the timeline narrower."),
        ("toggle_theme", "Light or dark", "f12", "",
         "Switches between the light and the dark theme, and remembers it."),
        ("choose_theme", "Theme", "", "",
         "Offers all themes: the app's own light, dark and high contrast ones, and Textual's."),
        ("edit_settings", "Settings", "", "",
         ("Opens the settings file in $EDITOR: theme, keys, leader, ASCII drawing. Changes are "
         "followed as soon as it is saved.")),
        ("command_palette", "Commands", "ctrl+p", "Commands",
         "Finds any command or session by a few letters of its name."),
        ("show_log", "Messages", "f8", "",
         "Shows everything that was announced, errors with their details."),
        ("help", "Help", "f1 alt+h", "Help",
         "Shows all keys and commands."),
        ("tour", "Tour", "", "",
         "Shows on one screen what there is, with an example; the first start begins with it."),
        ("quit", "Quit", "ctrl+q", "Quit",
         "Leaves; asks whether the sessions go on without the window or end."),
    ),
    *_group("Output", "output",
        ("scroll_up", "Scroll up", "up", "",
         "One row up. Away from the end the pane stays where it is while output goes on."),
        ("scroll_down", "Scroll down", "down", "",
         "One row down."),
        ("page_up", "Page up", "pageup", "Page up",
         "One page up."),
        ("page_down", "Page down", "pagedown", "",
         "One page down."),
        ("scroll_home", "Start", "home", "",
         "The start of all output."),
        ("scroll_end", "End", "end", "End",
         "The end of all output, following what is added."),
        ("previous_run", "Run before", "left_square_bracket", "Run before",
         "Chooses the run before. Without a choice the other keys mean the last run in view."),
        ("next_run", "Next run", "right_square_bracket", "Next run",
         "Chooses the next run; after the last one goes to the end."),
        ("find", "Find", "slash", "Find",
         "Finds text or a regular expression in all output of the session, from here upwards."),
        ("go_to_run", "Go to run", "g", "",
         "Asks for a run's number and goes there."),
        ("fold", "Fold", "f", "Fold",
         "Hides all but the code of the chosen run, or shows all; so does a double click."),
        ("fold_all", "Fold all", "z", "",
         "Hides all but the code of every run, or shows everything again."),
        ("only_run", "This run alone", "o", "Alone",
         "Shows nothing but the chosen run, or everything again."),
        ("only_errors", "Errors alone", "w", "",
         "Shows nothing but stderr and tracebacks, or everything again."),
        ("open_value", "Open value", "v", "Value",
         ("Shows the table, picture or other rich value of the chosen run over the whole "
         "screen.")),
        ("show_frames", "Traceback", "t", "Traceback",
         ("Shows the source of each frame of the chosen run's traceback, or of the last one before "
         "it; so does a double click on a frame.")),
        ("copy_output", "Copy output", "y", "Copy output",
         "Copies what the chosen run printed, with its value or traceback, as plain text."),
        ("copy_code", "Copy code", "c", "",
         "Copies the code of the chosen run."),
        ("select", "Select", "x", "Select",
         ("Selects text with the keys, also what is not on the screen; the mouse selects as well: "
         "two clicks a word, three a line, Shift extends.")),
        ("select_all", "Select all", "ctrl+a", "",
         "Selects all output; where it is too much for a clipboard, copying offers a file."),
        ("edit_code", "Edit code", "e", "Edit",
         "Puts the code of the chosen run into the editor."),
        ("run_again", "Run again", "r", "",
         "Runs the code of the chosen run once more."),
        ("restore_before", "Back to before it", "b", "Back to before",
         "Brings back the state before the chosen run; Alt+Y undoes that."),
        ("save_output", "Save output", "s", "",
         "Saves what the chosen run printed to a text file, at any size."),
        ("leave", "Back", "escape", "",
         ("Leaves the search, the run shown alone, the chosen run, the selection, then the "
         "pane.")),
    ),
    *_group("Value", "value",
        ("previous_value", "Value before", "left_square_bracket p", "",
         "Shows the value before this one in the session's output."),
        ("next_value", "Next value", "right_square_bracket n", "",
         "Shows the value after this one."),
        ("save_value", "Save value", "s", "",
         "Saves the picture, or else the value's HTML, markdown or text, to a file."),
        ("close_value", "Close", "escape q v", "",
         "Goes back to the workspace."),
    ),
    *_group("Selection", "selection",
        ("rows(-1)", "Up", "up shift+up", "",
         "Extends the selection by a row upwards."),
        ("rows(1)", "Down", "down shift+down", "",
         "Extends the selection by a row downwards."),
        ("characters(-1)", "Left", "left shift+left", "",
         "Extends the selection by a character to the left."),
        ("characters(1)", "Right", "right shift+right", "",
         "Extends the selection by a character to the right."),
        ("pages(-1)", "Page up", "pageup shift+pageup", "",
         "Extends the selection by a page upwards."),
        ("pages(1)", "Page down", "pagedown shift+pagedown", "",
         "Extends the selection by a page downwards."),
        ("line_edge(False)", "Line start", "home shift+home", "",
         "Extends the selection to the start of the line."),
        ("line_edge(True)", "Line end", "end shift+end", "",
         "Extends the selection to the end of the line."),
        ("document_edge(False)", "Start", "ctrl+home g", "",
         "Extends the selection to the start of all output."),
        ("document_edge(True)", "End", "ctrl+end G", "",
         "Extends the selection to the end of all output."),
        ("begin_here", "Begin here", "space", "",
         "Lets the selection begin at the cursor."),
        ("everything", "All", "a ctrl+a", "",
         "Selects all output."),
        ("copy_selection", "Copy", "y enter ctrl+c", "",
         "Copies what is selected; where it is too much for a clipboard, offers a file."),
        ("save_selection", "Save", "s", "",
         "Saves what is selected to a file, at any size."),
        ("give_up", "Close", "escape q x", "",
         "Selects nothing."),
    ),
    *_group("Traceback", "frames",
        ("page_source(-1)", "Source up", "pageup", "",
         "Scrolls the source up."),
        ("page_source(1)", "Source down", "pagedown", "",
         "Scrolls the source down."),
        ("copy_place", "Copy place", "y", "",
         "Copies the frame's file and line."),
        ("close_frames", "Close", "escape q t", "",
         "Goes back to the workspace. Enter on a frame in a run goes to the run's code."),
    ),
    *_group("Frozen variables", "frozen",
        ("close_frozen", "Close", "escape q", "",
         "Goes back from a checkpoint's variables to the workspace."),
    ),
    *_group("Inspector", "inspect",
        ("cursor(-1)", "Up", "up", "",
         "The row above."),
        ("cursor(1)", "Down", "down", "",
         "The row below."),
        ("page(-1)", "Page up", "pageup", "",
         "One page up."),
        ("page(1)", "Page down", "pagedown", "",
         "One page down."),
        ("to_end(True)", "Start", "home", "",
         "The first row."),
        ("to_end(False)", "End", "end", "",
         "The last row."),
        ("column(-1)", "Column before", "left", "",
         "The column to the left, in arrays and frames."),
        ("column(1)", "Next column", "right", "",
         "The column to the right, in arrays and frames."),
        ("open", "In", "enter", "",
         "Looks into what the cursor is on: an item, an attribute, a column, a row of an array."),
        ("up", "Out", "backspace h", "",
         "Goes back to what holds the value, and at last to the workspace."),
        ("switch_part", "Parts or source", "tab", "",
         "Moves between what a class or function holds and its source."),
        ("ask_value", "Ask the value", "e", "",
         ("What its own repr, str, len or property says. That is code of yours: a twin of the "
         "worker runs it, with a deadline, and is thrown away.")),
        ("find", "Find", "slash", "",
         "Finds a text in what is shown; in a frame, rows whose column at the cursor has it."),
        ("find_next(1)", "Next found", "n", "",
         "The next place found."),
        ("find_next(-1)", "Found before", "p", "",
         "The place found before."),
        ("sort_rows", "Sort rows", "s", "",
         "Sorts by the column at the cursor, the other way round, then as they were."),
        ("filter_rows", "Filter rows", "f", "",
         "Shows only rows whose column at the cursor contains a text, or compares, as > 3."),
        ("show_figures", "Figures", "m", "",
         "Count, missing ones, minimum, maximum and mean of the array or column at the cursor."),
        ("go_to_row", "Go to row", "g", "",
         "Asks for a row's number and goes there; -1 is the last one."),
        ("plot_value", "Plot", "v", "",
         "Draws numbers as a line and a histogram, pictures and tables of shades as pictures."),
        ("copy_path", "Copy path", "c", "",
         "Copies the way to the value as Python."),
        ("copy_value", "Copy value", "y", "",
         "Copies the value's text."),
        ("insert_path", "Insert path", "i", "",
         "Puts the way to the value into the editor."),
        ("save_value", "Save value", "o", "",
         "Saves the value shown to a file: .pkl, .csv, .parquet, .npy, .json, .txt."),
        ("find_referrers", "Who refers to it", "u", "",
         "Lists the places that lead to the same object, and goes to the one chosen."),
        ("close_inspector", "Close", "escape q", "",
         "Goes back to the workspace."),
    ),
    *_group("Variables", "variables",
        ("cursor(-1)", "Up", "up", "",
         "The variable above."),
        ("cursor(1)", "Down", "down", "",
         "The variable below."),
        ("page(-1)", "Page up", "pageup", "",
         "One page of variables up."),
        ("page(1)", "Page down", "pagedown", "",
         "One page of variables down."),
        ("to_end(True)", "Start", "home", "",
         "The first variable."),
        ("to_end(False)", "End", "end", "",
         "The last variable."),
        ("open_value", "Inspect", "enter", "Inspect",
         "Looks into the value: items, attributes, rows, source. No code of it runs for that."),
        ("insert_name", "Insert name", "i", "Insert",
         "Puts the variable's name into the editor."),
        ("filter", "Filter", "slash", "Filter",
         ("Shows only variables whose name, type or value contains what is typed; name:, type: "
         "and value: before a word say where.")),
        ("sort", "Sort", "s", "Sort",
         ("Sorts by name, type, size, run, value, in turn; a click on a heading sorts by it, a "
         "second one the other way round.")),
        ("reverse", "Sort the other way round", "r", "",
         "Turns the order round."),
        ("group", "Group", "g", "",
         "Puts data, objects, functions, classes and modules under headings, or not."),
        ("hide_modules", "Hide modules", "m", "",
         "Leaves modules out, or shows them again."),
        ("hide_code", "Hide functions", "f", "",
         "Leaves functions and classes out, or shows them again."),
        ("show_private", "Private names", "underscore", "",
         "Shows names that begin with an underscore too, or leaves them out."),
        ("pin", "Pin", "p", "",
         "Keeps the variable above all others, or lets it go."),
        ("measure", "Deep sizes", "d", "Deep size",
         ("Measures how much each variable holds with all it refers to, and how much of that "
         "others hold too.")),
        ("choose_baseline", "Marks since", "b", "",
         ("Chooses whether marks tell what is new, changed and deleted since the last run or "
         "since a checkpoint.")),
        ("watch_expression", "Watch", "w", "Watch",
         ("Evaluates an expression after each run, in a twin of the worker that is thrown away; "
         "on a watched one X ends it.")),
        ("plot_value", "Plot", "v", "",
         "Draws a numeric array, column or list as a line and as a histogram."),
        ("copy_name", "Copy name", "c", "",
         "Copies the variable's name."),
        ("copy_value", "Copy value", "y", "",
         "Copies the value's text; where that takes its own repr, in a twin that is thrown away."),
        ("save_value", "Save value", "o", "",
         "Saves the value to a file: .pkl for anything, .csv, .parquet, .npy, .txt where it fits."),
        ("find_referrers", "Who refers to it", "u", "",
         "Lists the places, from variables on, that lead to the same object."),
        ("go_to_setting_run", "Run that set it", "j", "",
         "Goes to the run that bound the variable last."),
        ("delete", "Delete", "x delete", "",
         "Deletes the variable by running del, so it can be undone."),
        ("leave", "Back", "escape", "",
         "Drops the filter, then goes back to the editor."),
    ),
)
# fmt: on
"""All commands, in the order of the help screen."""

NO_KEY = "no-key-for-"
"""How the key begins that a command without one is bound to: nobody can press it, but the settings
can put another one in its place."""

KEY_NAMES = {
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "escape": "Esc",
    "enter": "Enter",
    "comma": ",",
    "minus": "-",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "equals_sign": "=",
    "full_stop": ".",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "slash": "/",
    "underscore": "_",
    "up": "↑",
    "down": "↓",
}


def key_label(key: str) -> str:
    """A key as people write it: ``ctrl+pageup`` becomes ``Ctrl+PgUp``."""
    parts = key.split("+")
    last = parts[-1]
    function = last[1:].isdigit()
    shown = KEY_NAMES.get(last, last.upper() if function or len(last) == 1 else last.capitalize())
    return "+".join([part.capitalize() for part in parts[:-1]] + [shown])


def keys_label(command: Command) -> str:
    """All keys of a command, short: ``Alt+1 … Alt+9``."""
    if len(command.keys) > 3:
        return f"{key_label(command.keys[0])} … {key_label(command.keys[-1])}"
    return ", ".join(key_label(key) for key in command.keys)


def in_scope(scope: str, commands: Iterable[Command] = COMMANDS) -> tuple[Command, ...]:
    """The commands of one pane, or with ``app`` those that work everywhere."""
    return tuple(command for command in commands if command.scope == scope)


def groups(commands: Iterable[Command] = COMMANDS) -> list[tuple[str, list[Command]]]:
    """Commands under their headings, both in the order of declaration."""
    order = {group: at for at, group in reversed(list(enumerate(c.group for c in COMMANDS)))}
    ranked = sorted(commands, key=lambda command: order[command.group])
    return [(name, list(members)) for name, members in groupby(ranked, lambda c: c.group)]


def readme_table() -> str:
    """The key table of the README, in Markdown."""
    lines = ["| | key | what it does |", "|---|---|---|"]
    for name, members in groups():
        for at, command in enumerate(members):
            head = f"**{name}**" if at == 0 else ""
            keys = keys_label(command) or "palette"
            lines.append(f"| {head} | {keys} | {command.title}: {command.help} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(readme_table())
