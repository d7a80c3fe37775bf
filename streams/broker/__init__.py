"""All that speaks to a broker: topics' care, Faust, hosting of stages, saved states, readers."""
