"""The matcher's settings as its kernels read them."""

from math import radians

from ingest.units import KMH
from mapmatch.kernels.layout import MODEL, Records
from mapmatch.matcher_settings import MatcherSettings, Metres
from mapmatch.memory import records


def model_of(settings: MatcherSettings, padding_m: Metres) -> Records:
    """Give the settings as kernels read them; candidates come from within the grid's padding."""
    model = records(MODEL, 1)
    for name in MODEL.names or ():
        if hasattr(settings, name):
            model[name] = getattr(settings, name)
    model["max_radius_m"] = min(settings.max_radius_m, padding_m)
    model["heading_sigma_rad"] = radians(settings.heading_sigma_deg)
    model["heading_speed_mps"] = settings.heading_speed_kmh / KMH
    model["standing_speed_mps"] = settings.standing_speed_kmh / KMH
    return model
