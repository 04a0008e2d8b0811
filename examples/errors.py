"""What can go wrong, by its kind: the errors are the same for every provider. `python errors.py [PROVIDER/MODEL]`"""

import asyncio
import sys

from ai_lib_python import AiClient, AiLibError
from ai_lib_python.errors import (
    AuthenticationError,
    ConfigurationError,
    NotFoundError,
    RateLimited,
    TransportError,
)


async def ask(model: str, question: str) -> str:
    try:
        async with await AiClient.create(model, timeout=60, max_retries=0) as client:
            return (await client.chat().user(question).execute()).content
    except ConfigurationError as error:  # nothing was sent: no such provider, no key, or it cannot be said there
        return f"not sent: {error}"
    except AuthenticationError as error:
        return f"{error.provider} does not know this key"
    except NotFoundError as error:
        return f"{error.provider} has no model {error.model}"
    except RateLimited as error:
        return f"too fast; again in {error.retry_after or 'some'} seconds"
    except TransportError as error:  # no connection, a broken one, or time is up
        return f"the network failed: {error}"
    except AiLibError as error:  # all others; each knows whether another try may help
        return f"{error.error_class} ({error.status_code}, request {error.request_id}), retryable: {error.retryable}"


async def main(model: str = "openai/gpt-5.4-mini") -> None:
    print(await ask(model, "Why is the sky blue? One sentence."))


asyncio.run(main(*sys.argv[1:]))
