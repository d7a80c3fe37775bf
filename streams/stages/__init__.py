"""The stages of the chain as plain objects: messages in, messages out, state as bytes."""
