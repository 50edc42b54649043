"""Reads drawings."""

from xml.etree import ElementTree as ET

from markupsafe import Markup

from modelfleet.pages.charts import standalone

SVG = "{http://www.w3.org/2000/svg}"


def parsed(svg: Markup) -> ET.Element:
    """A drawing as a file of its own; what is no XML raises."""
    return ET.fromstring(standalone(svg))  # noqa: S314 -- we drew it
