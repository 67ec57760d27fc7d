"""Every message between clients, nursery and nodes, and the formats both sides read on disk.

Two conversations use them, each opened by `Hello` and answered by a welcome:

* client and nursery (`lease`): create, watch, restart and end sessions; hear of births and deaths;
* client and node, the live worker (`running`, `looking`, `completing`, `history`): run code, answer
  input(), inspect; and hear what happens (`events`).

A request carries ``seq``; exactly one reply (`Done`, `Failed` or the request's own reply type)
carries it back. Everything else is an event. Times are seconds since the epoch, sizes are bytes.
All names are used as ``protocol.Name``: a message that is added to one of these modules is at once
part of the protocol.
"""

from pyrepl_worker.framing import fingerprint

from .completing import *
from .events import *
from .files import *
from .history import *
from .lease import *
from .looking import *
from .opening import *
from .running import *

MEANING = 5
"""Raised when a message comes to mean something else without changing its fields."""

VERSION = fingerprint(__name__, MEANING)
"""Protocol version: both sides of a connection must have the same; any change of a message counts.

`Hello`, `Failed`, `EndSession` and `Done` never change: by them versions tell each other apart, and
end each other's sessions.
"""
