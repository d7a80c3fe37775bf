"""XML elements with their text, as every XML form writes them."""

import re
from collections.abc import Mapping
from typing import Any

from lxml import etree

XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def element(
    parent: etree._Element, tag: str, text: object = None, **attributes: str
) -> etree._Element:
    """Give a new last child; characters that XML cannot hold are left out."""
    made = etree.SubElement(parent, tag, {k: _plain(v) for k, v in attributes.items()})
    if text is not None:
        made.text = _plain(text)
    return made


def typed(parent: etree._Element, tag: str, kind: str, **attributes: str) -> etree._Element:
    """Give a new last child of a type that is not the element's own (`xsi:type`)."""
    made = element(parent, tag, **attributes)
    made.set(f"{{{XSI}}}type", kind)
    return made


def document(root: etree._Element) -> bytes:
    """Give a document's bytes."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def root(tag: str, namespaces: Mapping[Any, str], **attributes: str) -> etree._Element:
    """Give the root of a document with its namespaces."""
    return etree.Element(tag, attributes, nsmap=dict(namespaces))


def _plain(text: object) -> str:
    return _NOT_XML.sub("", str(text))
