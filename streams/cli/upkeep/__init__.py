"""Commands that look after what the others leave: broker, state, settings, cache."""
