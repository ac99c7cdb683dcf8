"""What is drawn in a picture, read back from its SVG."""

import re
import xml.etree.ElementTree as ET


def boxes(picture: str, colour: str, which: str = "wide") -> list[tuple[float, float]]:
    """(width, height) of the boxes of a colour."""
    (svg,) = re.findall(rf'<svg class="{which}".*?</svg>', picture, re.S)
    found = []
    for path in ET.fromstring(svg).iter("path"):
        if f"var(--{colour})" in path.attrib.get("style", ""):
            numbers = [float(number) for number in re.findall(r"-?[\d.]+", path.attrib["d"])]
            found.append((max(numbers[::2]) - min(numbers[::2]), max(numbers[1::2]) - min(numbers[1::2])))
    return found


def strokes(picture: str, colour: str, which: str = "wide") -> list[list[tuple[float, float]]]:
    """The points of the paths that are drawn (not filled) in a colour, or filled with it."""
    (svg,) = re.findall(rf'<svg class="{which}".*?</svg>', picture, re.S)
    found = []
    for path in ET.fromstring(svg).iter("path"):
        if f"var(--{colour})" in path.attrib.get("style", "") and "C" not in path.attrib["d"]:
            numbers = [float(number) for number in re.findall(r"-?[\d.]+", path.attrib["d"])]
            found.append(list(zip(numbers[::2], numbers[1::2], strict=True)))
    return found
