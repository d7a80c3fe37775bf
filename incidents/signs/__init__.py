"""Signs of an incident, minute by minute: lanes, flows, cameras, queues that stand."""
