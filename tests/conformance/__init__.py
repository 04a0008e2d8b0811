"""Recorded exchanges with real providers, replayed through the public client."""
