"""What a folder's workspace was like when it was last open: tabs, drafts, layout."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, field
from pathlib import Path
from typing import Any

from pyrepl_worker.records import record

from .locations import session_dir, state_dir
from .models import SessionModel, Workspace

_MOST_DRAFT = 1 << 20
"""Characters of a draft that are kept."""


@record(frozen=True)
class RememberedTab:
    """A tab as it was."""

    session: str
    """Id of its session."""
    name: str
    draft: str = ""
    """What stood in its editor."""
    begin_at: tuple[int, int, int] | None = None
    """Where its output was being read (`OutputDocument.begin_at`); None: at the end."""


@record(frozen=True)
class Remembered:
    """A workspace as it was."""

    tabs: tuple[RememberedTab, ...] = ()
    active: str = ""
    """Id of the session that was shown."""
    layout: dict[str, Any] = field(default_factory=dict)
    ended: tuple[RememberedTab, ...] = ()
    """Tabs whose sessions had ended, as long as they are offered to be reopened."""


def remembered_path(state: Path, folder: Path) -> Path:
    """Where a folder's workspace is remembered."""
    digest = hashlib.sha256(str(folder).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return state / "workspaces" / f"{digest}.json"


def load_remembered(path: Path) -> Remembered:
    """What is remembered; a file that is missing or damaged remembers nothing."""
    try:
        data = json.loads(path.read_text("utf-8"))
        tabs, ended = _tabs(data["tabs"]), _tabs(data.get("ended", []))
        return Remembered(tabs, str(data["active"]), dict(data["layout"]), ended)
    except (OSError, ValueError, KeyError, TypeError):
        return Remembered()


def _tabs(data: Any) -> tuple[RememberedTab, ...]:
    return tuple(
        RememberedTab(
            str(tab["session"]), str(tab["name"]), str(tab["draft"]), _begin_at(tab["begin_at"])
        )
        for tab in data
    )


def _begin_at(data: Any) -> tuple[int, int, int] | None:
    if data is None:
        return None
    run, part, offset = map(int, data)
    return run, part, offset


def save_remembered(path: Path, remembered: Remembered) -> None:
    """Write what is to be remembered, whole.

    Raises:
        OSError: if the folder or the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(f".{os.getpid()}.new")
    try:
        fresh.write_text(json.dumps(asdict(remembered)), "utf-8")
        os.replace(fresh, path)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise


def remember(
    workspace: Workspace,
    shown_text: str,
    layout: dict[str, Any],
    ended: tuple[RememberedTab, ...] = (),
    *,
    ending: bool = False,
) -> Remembered:
    """What a workspace is like.

    Args:
        workspace: the tabs.
        shown_text: what stands in the editor: the draft of the active tab.
        layout: of the panes.
        ended: tabs of sessions that have ended and are offered to be reopened.
        ending: whether the sessions end now, by choice: then only their drafts are of use.
    """
    active = workspace.active
    tabs = [
        RememberedTab(
            "" if ending else model.session_id,
            model.name,
            _draft(model, active, shown_text),
            model.begin_at,
        )
        for model in workspace
        if model.session_id is not None
    ]
    shown = (active.session_id or "") if active is not None else ""
    return Remembered(tuple(tabs), shown, layout, ended)


def _draft(model: SessionModel, active: SessionModel | None, shown_text: str) -> str:
    return (shown_text if model is active else model.draft.text)[:_MOST_DRAFT]


def take_up(workspace: Workspace, remembered: Remembered) -> list[RememberedTab]:
    """Order the tabs and give them their drafts again.

    Returns:
        The tabs whose sessions are gone.
    """
    place = 0
    gone: list[RememberedTab] = []
    for tab in remembered.tabs:
        model = workspace.by_session(tab.session)
        if model is None:
            gone.append(tab)
            continue
        workspace.move(model, place)
        place += 1
        if not model.draft.text:
            model.draft.text = tab.draft
        if model.document is None:
            model.begin_at = tab.begin_at
    active = workspace.by_session(remembered.active)
    if active is not None:
        workspace.activate(active)
    return gone


def is_on_disk(session_id: str) -> bool:
    """Whether a session has left checkpoints on the disk."""
    return any(archives_of(session_id))


def archives_of(session_id: str) -> Iterable[Path]:
    """The records of the checkpoints that a session has left on the disk."""
    from pyrepl_worker import protocol

    folder = session_dir(state_dir(), session_id) / protocol.ARCHIVES / protocol.MANIFESTS
    return folder.glob("*.json") if session_id else ()
