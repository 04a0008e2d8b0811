"""What models can do, side by side, without asking anyone. No key is needed.
`python capabilities.py [PROVIDER/MODEL ...]`"""

import asyncio
import sys

from ai_lib_python import AiClient

MODELS = ["openai/gpt-6.1-sol", "anthropic/claude-sonnet-5-5", "gemini/gemini-3.8-flash", "groq/openai/gpt-oss-20b"]


async def main(models: list[str]) -> None:
    for model in models:
        async with await AiClient.create(model) as client:
            known = client.capabilities
        print(model)
        print(f"  context {known.context_window or '?'}, answers up to {known.max_output_tokens or '?'} tokens")
        print(f"  takes {', '.join(known.input_modalities or ['?'])}")
        print(f"  tools: {known.tools}, schemas: {known.json_schema}, web search: {known.web_search}")
        print(f"  reasoning: {', '.join(known.reasoning_efforts) or known.reasoning}")
        print(f"  temperature: {'temperature' in known.parameters}, ends: {known.sunset or 'not announced'}")


asyncio.run(main(sys.argv[1:] or MODELS))
