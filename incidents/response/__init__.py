"""What helps at a case: a plan, a way around, who sees it, whom it holds up, which green."""
