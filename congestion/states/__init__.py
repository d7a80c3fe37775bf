"""The state of every segment: what it is estimated from, the speed model, the estimator."""
