"""Commands that give others what is known: `alerts export` and `webhooks`."""
