"""Names and shapes of the public API: what programs were written against stays."""

from __future__ import annotations

import argparse
import ast
import dataclasses
import importlib
import inspect
from pathlib import Path
from typing import Any

import pytest

import pyrepl_tui

EMPTY = inspect.Parameter.empty

FUNCTIONS: dict[str, dict[str, Any]] = {
    "Session": {
        "name": None, "python": None, "cwd": None, "env": None, "policy": "commit_always",
        "limits": None, "preload": (), "auto_checkpoint": False, "persist": False,
        "state_dir": None,
    },
    "await Session.start": {},
    "await Session.close": {},
    "await Session.detach": {},
    "await Session.attach": {"session_id": EMPTY, "state_dir": None},
    "Session.run": {
        "code": EMPTY, "policy": None, "timeout_ms": None, "on_input": None, "filename": None,
    },
    "await Session.execute": {
        "code": EMPTY, "policy": None, "timeout_ms": None, "on_output": None, "on_input": None,
        "filename": None,
    },
    "await Session.interrupt": {},
    "await Session.begin": {},
    "await Session.commit": {},
    "await Session.rollback": {},
    "await Session.restart": {},
    "Session.events": {},
    "await Session.processes": {},
    "await Session.checkpoint": {"label": None, "durable": False},
    "await Session.checkpoints": {},
    "await Session.restore": {"checkpoint": EMPTY, "form": "auto"},
    "await Session.branch": {"checkpoint": None, "name": None},
    "await Session.open": {"checkpoint": EMPTY, "state_dir": None, "trust": False},
    "await Session.namespace": {"query": "", "private": False},
    "await Session.inspect": {"path": EMPTY, "offset": 0, "limit": 100},
    "await Session.compare": {"other": EMPTY, "names": None},
    "await Session.complete": {"code": EMPTY, "cursor": EMPTY},
    "Session.output": {"start": 0, "end": None, "stream": None},
    "SessionPool": {"size": 2, "python": None, "preload": ()},
    "await SessionPool.acquire": {},
    "await SessionPool.release": {"session": EMPTY},
    "SessionPool.session": {},
    "await SessionPool.close": {},
    "await Operation.cancel": {},
}  # fmt: skip
"""With their parameters and what each is where it is left out; more parameters may follow."""

POSITIONAL = {
    "session_id", "code", "label", "checkpoint", "path", "other", "cursor", "start", "end",
    "session",
}  # fmt: skip
"""Parameters that may be given by their place; all others only by name."""

FIELDS = {
    "Checkpoint": "id label parent created_at execution_count has_image has_archive warnings "
    "bytes_on_disk",
    "Comparison": "only_left only_right equal changed",
    "Completions": "items start end",
    "Display": "mime_bundle",
    "ExecutionError": "name message traceback",
    "ExecutionResult": "status stdout stderr value error execution_count duration_ms death "
    "rolled_back isolation unrestored truncated",
    "Finished": "result",
    "InputRequest": "id prompt password",
    "Output": "stream data",
    "ProcessInfo": "pid role pss_bytes checkpoint",
    "RestoreReport": "form verdicts reasons caveats",
    "Variable": "name type shape length size_bytes summary changed_at",
    "WorkerDeath": "signal exit_code reason",
}

ERRORS = (
    "WorkerStartError", "WorkerDied", "ProtocolError", "TransactionError", "CheckpointError",
    "UntrustedArchive", "SessionNotFound",
)  # fmt: skip


def found(name: str) -> Any:
    value: Any = pyrepl_tui
    for part in name.split("."):
        value = getattr(value, part)
    return value


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_take_what_they_took(name: str) -> None:
    function = found(name.removeprefix("await "))
    assert inspect.iscoroutinefunction(function) == name.startswith("await ")
    parameters = inspect.signature(function).parameters
    for parameter, default in FUNCTIONS[name].items():
        assert parameters[parameter].default == default, parameter
        by_place = parameters[parameter].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
        assert by_place == (parameter in POSITIONAL), parameter
    known = {"self", *FUNCTIONS[name]}
    more = [each for at, each in parameters.items() if at not in known]
    assert all(each.kind is each.VAR_KEYWORD or each.default is not EMPTY for each in more)


def test_sessions_of_one_folder_are_listed_by_its_place_too() -> None:
    state_dir = inspect.signature(pyrepl_tui.list_sessions).parameters["state_dir"]
    assert (state_dir.default, state_dir.kind) == (None, state_dir.POSITIONAL_OR_KEYWORD)
    assert inspect.iscoroutinefunction(pyrepl_tui.list_sessions)


COMMANDS = {
    "run": "FILE --policy --session --timeout ARGS",
    "exec": "CODE --session --json",
    "sessions": "--json",
    "attach": "NAME",
    "stop": "NAME",
    "checkpoints": "NAME",
    "restore": "NAME ID",
    "branch": "NAME ID",
    "compare": "A B --json",
    "doctor": "",
}
"""What the command line takes: what it takes beyond that may be left out."""


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_take_what_they_took(name: str) -> None:
    parser = argparse.ArgumentParser()
    importlib.import_module(f"pyrepl_tui.cli.{name}_command").configure(parser)
    actions = [action for action in parser._actions if action.dest != "help"]
    options = {option for action in actions for option in action.option_strings}
    words = COMMANDS[name].split()
    assert {word for word in words if word.startswith("--")} <= options
    places = [str(action.metavar) for action in actions if not action.option_strings]
    wanted = [word for word in words if not word.startswith("--") and word != "ARGS"]
    assert places[: len(wanted)] == wanted
    assert not any(action.required for action in actions if action.option_strings)
    more = [action for action in actions if not action.option_strings][len(wanted) :]
    assert not any(action.required for action in more)


def test_a_policy_may_be_a_plain_string_and_a_wrong_one_is_told_of() -> None:
    for policy in pyrepl_tui.TransactionPolicy:
        pyrepl_tui.Session(policy=policy.value)
    with pytest.raises(ValueError, match="nope"):
        pyrepl_tui.Session(policy="nope")


def test_what_a_result_holds_where_nothing_happened() -> None:
    result = pyrepl_tui.ExecutionResult("ok")
    assert (result.value, result.error, result.death) == (None, None, None)
    assert (result.stdout, result.stderr, result.truncated, result.rolled_back) == (
        "", "", False, False
    )  # fmt: skip
    assert (result.isolation, list(result.unrestored)) == ("none", [])


@pytest.mark.parametrize("name", FIELDS)
def test_values_have_their_fields(name: str) -> None:
    kind = found(name)
    fields = getattr(kind, "_fields", None) or [each.name for each in dataclasses.fields(kind)]
    assert set(FIELDS[name].split()) <= set(fields)


def test_a_session_has_its_attributes() -> None:
    session = pyrepl_tui.Session(name="a name")
    assert (session.name, session.pid, session.execution_count) == ("a name", None, 0)
    assert (session.python_version, session.restore_report) == ("", None)
    assert session.state is pyrepl_tui.SessionState.STARTING
    assert isinstance(session.id, str)
    assert isinstance(session.created_at, float)


def test_states_and_policies() -> None:
    states = ["STARTING", "IDLE", "BUSY", "WAITING_INPUT", "PENDING", "DEAD"]
    assert [state.name for state in pyrepl_tui.SessionState] == states
    policies = {policy.name: policy.value for policy in pyrepl_tui.TransactionPolicy}
    assert policies == {
        "COMMIT_ALWAYS": "commit_always",
        "COMMIT_ON_SUCCESS": "commit_on_success",
        "ROLLBACK_ON_FAILURE": "rollback_on_failure",
        "EXPLICIT": "explicit",
    }


@pytest.mark.parametrize("name", ERRORS)
def test_all_errors_are_of_one_family(name: str) -> None:
    assert issubclass(found(name), pyrepl_tui.PyreplError)


def test_type_checkers_see_every_public_name() -> None:
    """They follow the imports that are never run, not the names that are found on demand."""
    tree = ast.parse(Path(str(pyrepl_tui.__file__)).read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level]
    names = {alias.name for node in imports for alias in node.names}
    assert names == set(pyrepl_tui.__all__)
    for name in pyrepl_tui.__all__:
        assert found(name) is not None
