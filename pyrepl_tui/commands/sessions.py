"""Commands of sessions and of the window."""

from __future__ import annotations

from .command import group

# fmt: off
SESSIONS = group("Sessions", "app",
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
    ("reopen_ended", "Sessions that have ended", "alt+a", "",
     ("Lists the tabs of this folder whose sessions ended while nobody looked (a reboot, a kill): "
     "reopens one or all of them from the disk, or offers them no longer.")),
    ("recall_session", "Take up an ended session", "", "",
     ("Shows a session that has ended; {key:undo_run} brings back the newest state it left on "
      "disk.")),
)

VIEW = group("View", "app",
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
     "Gives the variables and the timeline more room; the line beside them can be dragged too."),
    ("narrow_side", "Narrower side", "alt+minus", "",
     "Gives the variables and the timeline less room."),
    ("move_side", "Move the side panes", "alt+z", "",
     "Puts the variables and the timeline below the output, to its left, and to its right again."),
    ("swap_side", "Timeline first", "", "",
     "Lets the variables and the timeline change places."),
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
)
# fmt: on
