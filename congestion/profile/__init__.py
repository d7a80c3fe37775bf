"""What is usual: the typical week, and whether what is seen now is usual for the hour."""
