"""Whatever tests of your own code need: no key, no network, no surprise.

ScriptedTransport   answers that the test writes, byte by byte if need be
Recorder, Player    real exchanges, kept in a file without keys, and given again
Simulator           a real server on this machine, in every wire format, with answers and faults of your choice
"""

from .._wire.http import HttpRequest
from ..simulator import FAULTS, Answer, Fault, FaultMix, ReceivedRequest, SimulatedError, Simulator, embedded
from .player import NotRecorded, Player
from .recorder import Recorder
from .scripted import ScriptedAnswer, ScriptedTransport, UnscriptedRequest

__all__ = [
    "FAULTS",
    "Answer",
    "Fault",
    "FaultMix",
    "HttpRequest",
    "NotRecorded",
    "Player",
    "ReceivedRequest",
    "Recorder",
    "ScriptedAnswer",
    "ScriptedTransport",
    "SimulatedError",
    "Simulator",
    "UnscriptedRequest",
    "embedded",
]
