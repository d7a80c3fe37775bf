"""What a program imports from mapmatch."""

import pytest

import mapmatch


@pytest.mark.parametrize("name", mapmatch.__all__)
def test_a_name_that_the_package_offers_can_be_imported(name: str) -> None:
    assert getattr(mapmatch, name).__module__.startswith("mapmatch.")


def test_a_name_that_it_does_not_offer_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = mapmatch.nothing  # type: ignore[attr-defined]
