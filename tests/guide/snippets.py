"""The Python examples of the guide of chat completions, verbatim and in its order."""

from __future__ import annotations

BASIC = """\
client = await AiClient.create("openai/gpt-4o")

response = await client.chat() \\
    .user("Hello, world!") \\
    .execute()

print(response.content)
"""

SYSTEM = """\
# Python
await client.chat() \\
    .system("You are a helpful coding assistant.") \\
    .user("Explain closures") \\
    .execute()
"""

TURNS = """\
# Python
from ai_lib_python import Message

messages = [
    Message.system("You are a tutor."),
    Message.user("What is recursion?"),
    Message.assistant("Recursion is when a function calls itself..."),
    Message.user("Can you show an example?"),
]

await client.chat().messages(messages).execute()
"""

STREAM = """\
# Python
async for event in client.chat() \\
    .user("Tell me a story") \\
    .stream():
    if event.is_content_delta:
        print(event.as_content_delta.text, end="", flush=True)
"""

STATS = """\
# Python
response, stats = await client.chat() \\
    .user("Hello") \\
    .execute_with_stats()

print(f"Tokens: {stats.total_tokens}")
print(f"Latency: {stats.latency_ms}ms")
"""

SNIPPETS = (BASIC, SYSTEM, TURNS, STREAM, STATS)

GUIDE_MODEL = "openai/gpt-4o"
"""The model that the guide asks; the same lines work with another string in its place."""
