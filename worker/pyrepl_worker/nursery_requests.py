"""What clients ask of a nursery."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from . import estate, kinship, protocol
from .brood import Session, folder_problem, kill, kill_group, problem_with

if TYPE_CHECKING:
    from .connections import Connection
    from .nursery import Nursery

_VERSION = ".".join(map(str, sys.version_info[:3]))


def handle(nursery: Nursery, client: Connection, msg: Any) -> None:
    """Carry a request out. A client of another version may do no more than end sessions."""
    handler = _HANDLERS.get(type(msg))
    if not client.welcomed and not isinstance(msg, protocol.EndSession):
        _welcome(nursery, client, msg)
    elif handler is not None:
        handler(nursery, client, msg)
    else:
        _refuse(client, getattr(msg, "seq", 0), "not for a nursery")


def _refuse(client: Connection, seq: int, text: str) -> None:
    client.say(protocol.Failed(seq, "invalid", text))
    client.broken = True


def _welcome(nursery: Nursery, client: Connection, msg: Any) -> None:
    if not isinstance(msg, protocol.Hello):
        _refuse(client, 0, "a conversation begins with hello")
    elif msg.version != protocol.VERSION:
        client.say(protocol.Failed(0, "version", "this nursery is of another version"))
    else:
        client.welcomed = True
        client.say(
            protocol.NurseryWelcome(
                protocol.VERSION,
                os.getpid(),
                _VERSION,
                sys.executable,
                nursery.forks,
                nursery.subreaper,
            )
        )


def _create(nursery: Nursery, client: Connection, msg: protocol.CreateSession) -> None:
    if nursery.failure is not None:
        client.say(protocol.Failed(msg.seq, "start", nursery.failure))
        return
    config = _new_config(nursery, client, msg)
    if config is not None:
        load = config.pop("load", None)
        session = nursery.sessions[config["id"]] = Session(config, [client])
        nursery.give_worker(session, [(client, msg.seq)], load)


def _new_config(
    nursery: Nursery, client: Connection, msg: protocol.CreateSession | protocol.Branch
) -> dict[str, Any] | None:
    """A session's description completed, or None and the client is told what is wrong."""
    problem = problem_with(msg.session)
    if problem or msg.session["id"] in nursery.sessions:
        text = problem or "a session of this id lives already"
        client.say(protocol.Failed(msg.seq, "invalid", text))
        return None
    config = dict(msg.session)
    config["nursery"] = nursery.place.path
    config["registry"] = os.path.join(nursery.runtime, "registry", f"{config['id']}.json")
    return config


def _watch(nursery: Nursery, client: Connection, msg: protocol.WatchSession) -> None:
    session = _session_of(nursery, client, msg)
    if session is None:
        return
    if client not in session.watchers:
        session.watchers.append(client)
    worker = session.worker
    if worker is None:
        client.say(session.down(msg.seq))
    elif worker.ready:
        client.say(protocol.NodeUp(msg.seq, session.id, worker.pid, worker.socket_path, False))
    else:
        worker.waiting.append((client, msg.seq))


def _restart(nursery: Nursery, client: Connection, msg: protocol.RestartSession) -> None:
    session = _session_of(nursery, client, msg)
    if session is None:
        return
    if session.worker is None:
        if session.death is not None:
            kill_group(session.death.pid)
        nursery.give_worker(session, [(client, msg.seq)])
        return
    try:
        os.stat(os.path.join(session.config["cwd"], ""))
    except OSError as error:  # then no other could start, and the one that lives is not given up
        client.say(protocol.Failed(msg.seq, "start", folder_problem(session.config, error)))
        return
    session.restarting.append((client, msg.seq))
    nursery.tell_to_end(session.worker, "restarted on request")


def _end(nursery: Nursery, client: Connection, msg: protocol.EndSession) -> None:
    session = _session_of(nursery, client, msg)
    if session is not None:
        session.ending.append((client, msg.seq))
        nursery.begin_end(session)


def _kill_worker(nursery: Nursery, client: Connection, msg: protocol.KillWorker) -> None:
    session = _session_of(nursery, client, msg)
    if session is None:
        return
    if session.worker is not None:
        session.worker.kill_reason = "killed on request"
        kill(session.worker.pid)
    client.say(protocol.Done(msg.seq, {}))


def _processes(nursery: Nursery, client: Connection, msg: protocol.ListProcesses) -> None:
    for session in nursery.sessions.values():
        for expected in session.expected.values():
            # an image that has been told of is about to join: it is to be in the list
            expected.waiting.append(partial(_processes, nursery, client, msg))
            return
    rows: list[dict[str, Any]] = [
        {"pid": os.getpid(), "role": "nursery", "session_id": "", "checkpoint_id": ""}
    ]
    for worker in nursery.workers:
        session_id = worker.session.id if worker.session is not None else ""
        role = "image" if worker.is_image else "worker" if session_id else "spare"
        if worker.kind == "archiver":
            role = worker.kind
        rows.append(
            {
                "pid": worker.pid,
                "role": role,
                "session_id": session_id,
                "checkpoint_id": worker.checkpoint_id,
            }
        )
    client.say(protocol.Done(msg.seq, {"processes": rows}))


def _session_of(nursery: Nursery, client: Connection, msg: Any) -> Session | None:
    session = nursery.sessions.get(msg.session_id)
    if session is None or session.is_ending:
        text = f"no session {msg.session_id[:40]!r} here"
        client.say(protocol.Failed(msg.seq, "unknown_session", text))
        return None
    return session


def _restore(nursery: Nursery, client: Connection, msg: protocol.Restore) -> None:
    session = _session_of(nursery, client, msg)
    if session is not None:
        if msg.form not in ("auto", "image", "archive"):
            client.say(protocol.Failed(msg.seq, "invalid", f"no form {msg.form[:40]!r}"))
            return
        nursery.handovers.start(
            session, msg.checkpoint_id, msg.keep, (client, msg.seq), msg.form, msg.rerun
        )


def _branch(nursery: Nursery, client: Connection, msg: protocol.Branch) -> None:
    source = _session_of(nursery, client, msg)
    if source is None:
        return
    config = _new_config(nursery, client, msg)
    if config is not None:
        session = nursery.sessions[config["id"]] = Session(config, [client])
        nursery.handovers.branch(source, session, msg.checkpoint_id, (client, msg.seq))


def _drop_image(nursery: Nursery, client: Connection, msg: protocol.DropImage) -> None:
    session = _session_of(nursery, client, msg)
    if session is not None:
        nursery.handovers.drop_image(session, msg.checkpoint_id, "dropped on request")
        client.say(protocol.Done(msg.seq, {}))


def _archive(nursery: Nursery, client: Connection, msg: protocol.ArchiveCheckpoint) -> None:
    session = _session_of(nursery, client, msg)
    if session is not None:
        nursery.archivists.ask(session, msg.checkpoint_id, (client, msg.seq))


def _mark(nursery: Nursery, client: Connection, msg: protocol.MarkCheckpoint) -> None:
    session = _session_of(nursery, client, msg)
    if session is None:
        return
    held = msg.pinned or bool(msg.label)
    estate.pin(session.config, msg.checkpoint_id, pinned=held)
    image = session.images.get(msg.checkpoint_id)
    if image is not None:
        image.held = held
    session.publish(
        protocol.CheckpointMarked,
        checkpoint_id=msg.checkpoint_id,
        label=msg.label,
        pinned=msg.pinned,
    )
    if held:
        nursery.archivists.suggest(session, msg.checkpoint_id, wanted=True)
    client.say(protocol.Done(msg.seq, {}))


def _delete(nursery: Nursery, client: Connection, msg: protocol.DeleteCheckpoint) -> None:
    session = _session_of(nursery, client, msg)
    if session is None:
        return
    if session.handover is not None and session.handover.checkpoint_id == msg.checkpoint_id:
        client.say(protocol.Failed(msg.seq, "busy", "the checkpoint is being restored"))
        return
    nursery.archivists.forget(session, msg.checkpoint_id)
    nursery.handovers.drop_image(session, msg.checkpoint_id, "deleted on request")
    estate.remove_archive(session.config, msg.checkpoint_id)
    session.publish(protocol.CheckpointDeleted, checkpoint_id=msg.checkpoint_id)
    client.say(protocol.Done(msg.seq, {}))


def _open_image(nursery: Nursery, client: Connection, msg: protocol.OpenImage) -> None:
    session = _session_of(nursery, client, msg)
    if session is None:
        return
    if msg.checkpoint_id in session.expected:
        again = partial(_open_image, nursery, client, msg)
        session.expected[msg.checkpoint_id].waiting.append(again)
        return
    image = session.images.get(msg.checkpoint_id)
    if image is None:
        text = f"there is no image of checkpoint {msg.checkpoint_id[:40]!r}"
        client.say(protocol.Failed(msg.seq, "unknown_checkpoint", text))
        return
    name = f"{session.id}-{image.pid}-g{os.urandom(3).hex()}.sock"
    path = os.path.join(nursery.runtime, "s", name)
    image.link.say(kinship.Look(path))
    client.say(protocol.Done(msg.seq, {"socket": path}))


_HANDLERS: dict[type, Any] = {
    protocol.CreateSession: _create,
    protocol.WatchSession: _watch,
    protocol.RestartSession: _restart,
    protocol.EndSession: _end,
    protocol.KillWorker: _kill_worker,
    protocol.ListProcesses: _processes,
    protocol.Restore: _restore,
    protocol.Branch: _branch,
    protocol.DropImage: _drop_image,
    protocol.OpenImage: _open_image,
    protocol.ArchiveCheckpoint: _archive,
    protocol.MarkCheckpoint: _mark,
    protocol.DeleteCheckpoint: _delete,
}
