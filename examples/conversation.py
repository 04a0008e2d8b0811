"""A chat in the terminal that keeps its turns, and its history in a file. An empty line ends it; the next time it goes
on from there. `python conversation.py [PROVIDER/MODEL [FILE.json]]`"""

import sys
from contextlib import suppress
from pathlib import Path

from ai_lib_python import Message, messages_from_json, messages_to_json
from ai_lib_python.sync import AiClient


def main(model: str = "openai/gpt-5.4-mini", file: str = "conversation.json") -> None:
    path = Path(file)
    before = messages_from_json(path.read_bytes()) if path.exists() else [Message.system("You are a patient tutor.")]
    with AiClient.create(model) as client:
        chat = client.conversation(messages=before)
        with suppress(EOFError, KeyboardInterrupt):
            while said := input("> "):
                for text in chat.stream(said).text():
                    print(text, end="", flush=True)
                print()
    path.write_text(messages_to_json(chat.messages), encoding="utf-8")
    print(f"{len(chat.messages)} messages are in {path}")


main(*sys.argv[1:])
