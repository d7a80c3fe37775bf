"""The network artefact made once from a source: assembled, connected, cut into regions."""
