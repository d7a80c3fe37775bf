"""What the console's addresses take and answer, as OpenAPI."""
