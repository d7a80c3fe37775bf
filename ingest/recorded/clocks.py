"""In what steps a recording is played, and how late its rows may be."""

LATENESS_S = 10.0
"""How far the watermark stays behind what has arrived. Unit: s. Source: chosen, as the settings of
clocks."""


SLICE_S = 5.0
"""Span of arrivals that one slice holds. Unit: s. Source: chosen, as the settings of clocks."""
