"""A local server that answers in the wire format of any manifest, over real HTTP.

    async with Simulator() as simulator:
        client = await AiClient.create("openai/gpt-4o", base_url=simulator.address("openai"), api_key="any")

It echoes, calls the first tool, fills JSON schemas, or gives the answers and errors that it was told to. It
runs the server halves of the manifests, so a wire format that is only a YAML file is answered as well.
"""

from .answers import Answer, SimulatedError
from .embedded import embedded
from .faults import FAULTS, Fault, FaultMix
from .received import ReceivedRequest
from .server import Simulator

__all__ = ["FAULTS", "Answer", "Fault", "FaultMix", "ReceivedRequest", "SimulatedError", "Simulator", "embedded"]
