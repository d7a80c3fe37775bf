"""Signs of an incident, minute by minute: odd lanes, stopped flows, cameras, queues."""
