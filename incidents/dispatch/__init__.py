"""Whose a case is and who should go there: jurisdictions, patrols, travel times."""
