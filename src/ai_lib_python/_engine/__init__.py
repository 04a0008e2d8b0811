"""One call from top to bottom: encode, send, read, assemble."""
