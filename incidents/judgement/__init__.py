"""Signs weighed together: which segments are suspected to hold an incident, and why."""
