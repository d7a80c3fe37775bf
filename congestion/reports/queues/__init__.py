"""The queues of a period: minute by minute, as bottlenecks, at bus stops, and what recurs."""
