"""What is compared: the four clients, the scenarios, the rows of the table and the goals. Data only."""

from typing import NamedTuple

from workload import STREAMS


class Subject(NamedTuple):
    """A client: its module in clients/, its column's title, what its user imports, what pip calls it."""

    name: str
    module: str
    title: str
    statement: str
    packages: tuple[str, ...]


SUBJECTS = (
    Subject("ours", "ours", "ai_lib_python", "from ai_lib_python import AiClient", ("aiohttp", "msgspec")),
    Subject("bare", "bare", "aiohttp + orjson", "import aiohttp, orjson", ("aiohttp", "orjson")),
    Subject("openai", "openai_sdk", "openai SDK", "import openai", ("openai", "httpx", "pydantic")),
    Subject("litellm", "litellm_client", "litellm", "import litellm", ("litellm",)),
)
ASYNCIO = Subject("asyncio", "", "asyncio", "import asyncio", ())
EMPTY = Subject("empty", "", "empty interpreter", "pass", ())


class Effort(NamedTuple):
    """How many processes a client gets, and how many seconds each measures; the same for each client."""

    rounds: int
    seconds: float = 0.0


class Scenario(NamedTuple):
    """What is measured: `repeat` units a batch, the effort of a full and of a quick run."""

    name: str
    repeat: int
    full: Effort
    quick: Effort


SCENARIOS = (
    Scenario("import", 1, Effort(7), Effort(1)),
    Scenario("first", 1, Effort(4), Effort(1)),
    Scenario("sequential", 50, Effort(3, 1.5), Effort(1, 0.5)),
    Scenario("parallel", 20, Effort(3, 2.0), Effort(1, 0.2)),
    Scenario("burst", 1, Effort(3, 1.5), Effort(1, 0.2)),
    Scenario("single", 1, Effort(3, 2.0), Effort(1)),
    Scenario("memory", 1, Effort(1), Effort(0)),  # 20,000 chunks: too long for a quick run
)


class Row(NamedTuple):
    """A line of the table. `scale` takes seconds or bytes to the unit that is printed."""

    name: str
    title: str
    unit: str
    scale: float
    best: bool = False
    """Take the best round, not the median: for work repeated in a warm process noise only ever adds."""


ROWS = (
    Row("import", "import, CPU", "ms", 1e3),
    Row("first_cpu", "import + create + first response, CPU", "ms", 1e3),
    Row("first_wall", "import + create + first response, wall", "ms", 1e3),
    Row("sequential", "a sequential call, CPU", "µs", 1e6, best=True),
    Row("parallel", "a call with 100 in flight, CPU", "µs", 1e6, best=True),
    Row("burst", f"a chunk, {STREAMS['burst'].events_per_write} events a write, CPU", "µs", 1e6, best=True),
    Row("single", "a chunk, one write per event, CPU", "µs", 1e6, best=True),
    Row("memory_peak", "100 open streams, peak memory", "MiB", 2**-20),
    Row("memory_growth", "100 open streams, growth", "MiB", 2**-20),
)


class Goal(NamedTuple):
    """`ours` is at most `limit` times `reference`, in the row."""

    row: str
    reference: str
    limit: float


GOALS = (
    Goal("import", "asyncio", 2.0),
    Goal("sequential", "bare", 1.4),
    Goal("burst", "bare", 1.6),
    Goal("single", "bare", 1.6),
    Goal("import", "openai", 0.2),
    Goal("sequential", "openai", 0.2),
    Goal("burst", "openai", 0.2),
    Goal("single", "openai", 0.2),
)
