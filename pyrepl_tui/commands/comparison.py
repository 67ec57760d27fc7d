"""Commands of the comparison of two sides."""

from __future__ import annotations

from .command import group, moving

# fmt: off
COMPARING = group("Comparing", "app",
    ("compare", "Compare with", "alt+c", "",
     ("Lays this session beside another one or beside any checkpoint: outputs of the same code, "
     "and every variable that differs.")),
)

COMPARISON = group("Comparison", "comparison",
    *moving("row"),
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
    ("choose_side(True)", "Other left side", "1", "",
     "Puts another session or checkpoint on the left."),
    ("choose_side(False)", "Other right side", "2", "",
     "Puts another session or checkpoint on the right."),
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
)
# fmt: on
