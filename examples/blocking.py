"""The same without async and await, for scripts, notebooks and threads. `python blocking.py [PROVIDER/MODEL]`"""

import sys

from ai_lib_python.sync import AiClient


def main(model: str = "openai/gpt-5.4-mini") -> None:
    with AiClient.create(model) as client:
        response, stats = client.chat().system("Be brief.").user("What is a thread?").execute_with_stats()
        print(f"{response.content} ({stats.latency_ms:.0f} ms)")

        for text in client.chat().user("Count to five.").stream_text():
            print(text, end="", flush=True)
        print()


main(*sys.argv[1:])
