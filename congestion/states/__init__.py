"""The state of every segment: what it is estimated from, the learnt models, the estimator."""
