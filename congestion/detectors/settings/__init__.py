"""What each test of detectors may be set to; one file a test, of the test's name."""
