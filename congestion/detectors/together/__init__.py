"""Many detectors that turn odd within minutes: a gateway does so, traffic does not."""
