"""The clients under test, one module each, all with the same class `Client`.

    await Client.create(base_url)   base_url has no trailing slash and ends in /v1
    await client.call()             a chat call; returns the number of characters of the answer
    await client.stream()           a streamed chat call; returns the sum of characters of its deltas
    await client.close()

Each is written as its own documentation writes it, with its default settings, created once and used
for all calls. All send the same prompt and receive the same bytes.
"""
