"""Code run in all sessions, in one SQLite file that many processes write to.

Equal code is stored once: the newest run decides its place and its number. An entry is written
before its run, so it survives whatever the run does. A file that cannot be read is set aside, and a
disk that is full costs entries, never a run.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from pyrepl_worker.records import record

BUSY_SECONDS = 0.15
"""How long an entry waits for other processes that write."""
MAX_CODE = 200_000
"""Characters above which code is no entry."""
SCANNED = 10_000
"""How many of the newest entries are looked at where the index does not help."""
NEWEST = 1_500
"""How many of the entries that the index finds are looked at more closely."""
_VERSION = 1

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest BLOB NOT NULL UNIQUE,
    code TEXT NOT NULL,
    at REAL NOT NULL,
    runs INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS project (id INTEGER PRIMARY KEY, folder TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS used (
    project INTEGER NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY (project, entry)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS used_entry ON used (entry);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (
    code, content = 'entry', content_rowid = 'id', tokenize = 'trigram'
);
CREATE TRIGGER IF NOT EXISTS entry_added AFTER INSERT ON entry BEGIN
    INSERT INTO words (rowid, code) VALUES (new.id, new.code);
END;
CREATE TRIGGER IF NOT EXISTS entry_removed AFTER DELETE ON entry BEGIN
    INSERT INTO words (words, rowid, code) VALUES ('delete', old.id, old.code);
END;
"""


@record(frozen=True, slots=True)
class Entry:
    """Code that was run."""

    id: int
    """The greater, the newer."""
    code: str
    at: float
    """When it was run last."""
    runs: int
    """How often it was run."""


class History:
    """The file of entries. Its methods may be called from any thread."""

    def __init__(self, path: Path) -> None:
        """Name the file; it is opened, or made, when it is used first."""
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._closed = False
        self._notice = ""
        """What was done to a damaged file, to be told with the next success."""
        self.problem = ""
        """What last kept entries from being kept, in words; empty if nothing did."""

    # -- writing ---------------------------------------------------------------------------------

    def add(self, code: str, folder: str) -> bool:
        """Note code that is about to run. Returns whether that worked; it never raises.

        Args:
            code: what is run.
            folder: the project: the session's working folder.
        """
        if not code.strip() or len(code) > MAX_CODE:
            return False
        with self._attempt("an entry was not kept") as connection:
            if connection is None:
                return False
            self._add(connection, code, folder)
            return True
        return False

    def _add(self, connection: sqlite3.Connection, code: str, folder: str) -> None:
        digest = hashlib.blake2b(code.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        clean = code.encode("utf-8", "replace").decode()
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute("INSERT OR IGNORE INTO project (folder) VALUES (?)", (folder,))
            row = connection.execute(
                "SELECT id, runs FROM entry WHERE digest = ?", (digest,)
            ).fetchone()
            if row is not None:
                connection.execute("DELETE FROM entry WHERE id = ?", (row[0],))
            entry = connection.execute(
                "INSERT INTO entry (digest, code, at, runs) VALUES (?, ?, ?, ?)",
                (digest, clean, time.time(), 1 if row is None else row[1] + 1),
            ).lastrowid
            if row is not None:
                connection.execute("UPDATE used SET entry = ? WHERE entry = ?", (entry, row[0]))
            connection.execute(
                "INSERT OR IGNORE INTO used SELECT id, ? FROM project WHERE folder = ?",
                (entry, folder),
            )
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise

    # -- reading ---------------------------------------------------------------------------------

    def recent(self, limit: int, folder: str | None = None) -> list[Entry]:
        """The newest entries, newest first; of one project if a folder is given."""
        return self.search("", limit, folder)

    def search(self, query: str, limit: int = 200, folder: str | None = None) -> list[Entry]:
        """Entries that hold all words of a query, newest first; then those that nearly do.

        Args:
            query: words, found anywhere and regardless of case; "" finds all.
            limit: how many at most.
            folder: of this project alone; None: of all.
        """
        with self._attempt("the history could not be searched") as connection:
            if connection is None:
                return []
            project = None
            if folder is not None:
                row = connection.execute(
                    "SELECT id FROM project WHERE folder = ?", (folder,)
                ).fetchone()
                if row is None:
                    return []
                project = row[0]
            found = _holding(connection, query.split(), project, limit)
            if len(found) < limit and query.strip():
                known = {row[0] for row in found}
                rows = _resembling(connection, query, project)
                found += [row for row in rows if row[0] not in known]
            return [Entry(*row) for row in found[:limit]]
        return []

    def count(self) -> int:
        """How many entries there are."""
        with self._attempt("the history could not be counted") as connection:
            if connection is not None:
                return int(connection.execute("SELECT count(*) FROM entry").fetchone()[0])
        return 0

    def remove(self, entry: Entry) -> None:
        """Forget an entry."""
        with self._attempt("an entry was not removed") as connection:
            if connection is not None:
                connection.execute("DELETE FROM entry WHERE id = ?", (entry.id,))

    def close(self) -> None:
        """Let go of the file, for good: a search in another thread may come to its turn later."""
        with self._lock:
            self._closed = True
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    # -- the file --------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _attempt(self, failure: str) -> Iterator[sqlite3.Connection | None]:
        """Do something with the file; what goes wrong is remembered, not raised."""
        with self._lock:
            if self._closed:
                yield None
                return
            try:
                if self._connection is None:
                    self._connection = self._open()
            except (sqlite3.Error, OSError) as error:
                self.problem = f"{failure}: {error}"
                yield None
                return
            try:
                yield self._connection
                self.problem, self._notice = self._notice, ""
            except sqlite3.DatabaseError as error:
                self.problem = f"{failure}: {error}"
                if _is_broken(error):
                    self._set_aside()

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            return self._connect()
        except sqlite3.DatabaseError as error:
            if not _is_broken(error):
                raise
            self._set_aside()
            return self._connect()

    def _connect(self) -> sqlite3.Connection:
        new = not self._path.exists()
        connection = sqlite3.connect(
            self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            if new:
                os.chmod(self._path, 0o600)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version < _VERSION:
                connection.executescript(
                    f"BEGIN IMMEDIATE; {_SCHEMA}PRAGMA user_version = {_VERSION}; COMMIT;"
                )
            connection.execute("SELECT id FROM entry LIMIT 1").fetchone()
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_aside(self) -> None:
        """Keep a broken file under another name, and begin anew."""
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None
        aside = self._path.with_name(f"{self._path.name}.broken-{int(time.time())}")
        with contextlib.suppress(OSError):
            os.replace(self._path, aside)
            self._notice = f"the history was damaged: it was kept as {aside.name}, and begun anew"
        for suffix in ("-wal", "-shm"):
            with contextlib.suppress(OSError):
                os.unlink(f"{self._path}{suffix}")


def _is_broken(error: sqlite3.Error) -> bool:
    """Whether a file is no database, or a torn one; being busy or full is another matter."""
    text = str(error)
    return any(each in text for each in ("malformed", "not a database", "no such table", "corrupt"))


Row = tuple[int, str, float, int]
_COLUMNS = "e.id, e.code, e.at, e.runs"


def _holding(
    connection: sqlite3.Connection, words: list[str], project: int | None, limit: int
) -> list[Row]:
    """Entries that hold all words, of all entries by the index, else of the newest ones.

    The index knows words of three letters and more.
    """
    indexed = [word for word in words if len(word) >= 3]
    if project is None and indexed:
        return _indexed(connection, words, None, limit)
    found = _scanned(connection, [f"%{_escaped(word)}%" for word in words], project, limit)
    if project is not None and indexed and len(found) < limit:
        known = {row[0] for row in found}
        rows = _indexed(connection, words, project, limit - len(found))
        found += [row for row in rows if row[0] not in known]
    return found


def _indexed(
    connection: sqlite3.Connection, words: list[str], project: int | None, limit: int
) -> list[Row]:
    """Entries found by the index; of a project those among the newest of all that match."""
    short = [word for word in words if len(word) < 3]
    terms = " AND ".join(_quoted(word) for word in words if len(word) >= 3)
    clauses = "".join(" AND e.code LIKE ? ESCAPE '\\'" for _ in short)
    values: list[str | int] = [terms, *(f"%{_escaped(word)}%" for word in short)]
    if project is not None:
        clauses += " AND EXISTS (SELECT 1 FROM used WHERE project = ? AND entry = e.id)"
        values.append(project)
    bound = limit if not clauses else NEWEST
    return connection.execute(
        f"SELECT {_COLUMNS} FROM (SELECT rowid FROM words WHERE words MATCH ? "
        f"ORDER BY rowid DESC LIMIT {bound}) w JOIN entry e ON e.id = w.rowid "
        f"WHERE 1 {clauses} ORDER BY e.id DESC LIMIT {limit}",
        values,
    ).fetchall()


def _scanned(
    connection: sqlite3.Connection,
    patterns: list[str],
    project: int | None,
    limit: int,
    newest: int = SCANNED,
) -> list[Row]:
    """Of the newest entries, those that fit patterns."""
    likes = "".join(" AND e.code LIKE ? ESCAPE '\\'" for _ in patterns)
    source = f"SELECT * FROM entry ORDER BY id DESC LIMIT {newest}"
    values: list[str | int] = []
    if project is not None:
        source = (
            "SELECT entry.* FROM used JOIN entry ON entry.id = used.entry WHERE project = ? "
            f"ORDER BY used.entry DESC LIMIT {newest}"
        )
        values.append(project)
    return connection.execute(
        f"SELECT {_COLUMNS} FROM ({source}) e WHERE 1 {likes} ORDER BY e.id DESC LIMIT {limit}",
        [*values, *patterns],
    ).fetchall()


def _resembling(connection: sqlite3.Connection, query: str, project: int | None) -> list[Row]:
    """Of the newest entries, those that have a query's letters in their order."""
    letters = [_escaped(char) for char in query if not char.isspace()]
    rows = _scanned(connection, ["%" + "%".join(letters) + "%"], project, 200, SCANNED // 4)
    return [row for row in rows if len(row[1]) < 400][:50]


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
