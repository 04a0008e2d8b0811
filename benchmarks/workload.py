"""The work every client is given: one prompt, one answer, three kinds of stream.

The server and the measured process both read this file, so that a client's result can be checked
(all characters of the answer must arrive) and none is timed on work it did not do.
Only `typing` is imported: what is imported here is paid by every client's first response.
"""

from typing import NamedTuple

MODEL = "gpt-4o"
API_KEY = "test"
PROMPT = "Explain in a few sentences why the sky is blue at noon and red in the evening."
ANSWER = (
    "Sunlight is a mixture of all colours. On its way through the air it meets molecules far smaller than "
    "its wavelength, and these scatter short waves much more strongly than long ones: blue about five times "
    "as much as red. At noon the path is short, and the scattered blue reaches you from the whole sky. "
    "In the evening the path is many times longer; the blue has been scattered away before the light "
    "arrives, and what is left is the red."
)
TOKENS = tuple(word + " " for word in ANSWER.split(" "))
IN_FLIGHT = 100


class Stream(NamedTuple):
    """How many events a stream has, how many of them go into a write, and the seconds between writes."""

    events: int
    events_per_write: int
    pause: float

    def tokens(self) -> list[str]:
        """The text of each event, in order."""
        return [TOKENS[number % len(TOKENS)] for number in range(self.events)]

    def characters(self) -> int:
        """What a client must have counted when it has read the whole stream."""
        return sum(map(len, self.tokens()))


# The pause keeps writes apart: without it the kernel would join them while a slow client is busy,
# and the slowest clients would be given the easiest work.
STREAMS = {
    "burst": Stream(events=500, events_per_write=50, pause=0.001),
    "single": Stream(events=250, events_per_write=1, pause=0.001),
    "memory": Stream(events=200, events_per_write=10, pause=0.05),
}

# Seconds from a call to its answer, at least and at most; no delay where a scenario is not named.
# Spread, so that answers do not come back in one wave.
ANSWER_DELAY = {"parallel": (0.4, 0.7)}
