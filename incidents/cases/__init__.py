"""The life of a case: what operators, patrols and the data do with an alert until it is closed."""
