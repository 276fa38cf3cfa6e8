"""Reads a page of the report without a browser: tables by id, texts of elements, in English."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

VOID = {"meta", "link", "br", "img", "input", "hr", "wbr"}


@dataclass
class Element:
    """One element of the page."""

    tag: str
    attributes: dict[str, str | None]
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its text in English, blanks tidied; without scripts and styles."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> list[str]:
        if self.tag in ("script", "style") or self.attributes.get("class") == "zh":
            return []
        if self.tag == "br":
            return [" "]
        return [
            part
            for child in self.children
            for part in ([child] if isinstance(child, str) else child._texts())
        ]

    def all(self, tag: str) -> list[Element]:
        """Elements below it by tag, in order."""
        found = []
        for child in self.children:
            if isinstance(child, Element):
                found += ([child] if child.tag == tag else []) + child.all(tag)
        return found


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, dict(attrs))
        self.open[-1].children.append(made)
        if tag not in VOID:
            self.open.append(made)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


@dataclass
class Page:
    """A page, parsed; every element was closed."""

    source: str
    root: Element

    @classmethod
    def read(cls, path: Path) -> Page:
        """Parse a file."""
        source = path.read_text()
        builder = _Builder()
        builder.feed(source)
        assert len(builder.open) == 1, f"{builder.open[-1].tag} is never closed"
        return cls(source, builder.open[0])

    def find(self, id_: str) -> Element | None:
        """The element with an id."""

        def search(element: Element) -> Element | None:
            if element.attributes.get("id") == id_:
                return element
            for child in element.children:
                if isinstance(child, Element) and (found := search(child)):
                    return found
            return None

        return search(self.root)

    def text(self, id_: str) -> str:
        """The English text of the element with an id."""
        found = self.find(id_)
        assert found is not None, f"nothing on the page is called {id_}"
        return found.text

    def table(self, id_: str) -> list[list[str]]:
        """The cells of a table's body."""
        found = self.find(id_)
        assert found is not None, f"nothing on the page is called {id_}"
        body = found.all("tbody")[0]
        return [[cell.text for cell in row.all("td")] for row in body.all("tr")]
