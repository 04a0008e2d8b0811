"""How much may be sent to a provider: requests and tokens a minute, calls at a time, and nothing while it is down."""
