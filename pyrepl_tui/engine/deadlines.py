"""How long the engine waits for others, in seconds. Each is looked up when it is needed."""

from __future__ import annotations

DEATH_SECONDS = 1.0
"""The nursery, to tell the cause of a death."""
GRACE_SECONDS = 0.2
"""A dead worker's last words, to arrive."""
WELCOME_SECONDS = 10.0
"""A live worker, to welcome us."""
BIRTH_SECONDS = 20.0
"""The nursery, to give a session a worker, the end of an older one included."""
RESTORE_SECONDS = 12.0
"""The state before a fatal run, to come back; longer than the nursery tries."""
LOAD_SECONDS = 3600.0
"""A new worker that loads an archive; it gives up single variables much earlier."""
END_SECONDS = 10.0
"""A session with all its processes, to end."""
