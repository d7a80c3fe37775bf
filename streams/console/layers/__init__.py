"""What the layers of the page's map show beside the roads: works, detectors, vehicles."""
