"""The pages in Chromium: charts, languages, sorting, no network, and names that stay names."""

from pathlib import Path

import pytest

from tests.report.conftest import IMAGE, SCRIPT, Published, Seen

MARKS = "svg .mark-rect path, svg .mark-symbol path, svg .mark-line path, svg .mark-text text"
CHARTS = {"reports-score", "inventory-weeks", "inventory-ageing", "rollforward-gaps",
          "rebates-accrued", "channel-scores", "channel-roles", "channel-hours", "channel-in-time",
          "channel-suspicions"}  # fmt: skip
"""What a world of three months has enough history for."""


def report(published: Published) -> Path:
    """The report's file."""
    return published.home / "report" / "index.html"


@pytest.mark.parametrize("name", ["index.html", "quality.html"])
def test_nothing_is_asked_of_the_network_and_nothing_complains(
    published: Published, seen: Seen, name: str
) -> None:
    path = published.home / "report" / name
    seen.open(path)
    assert seen.requests == [path.as_uri()]
    assert seen.complaints == []


def test_the_page_may_not_ask_the_network_even_if_it_wanted(
    published: Published, seen: Seen
) -> None:
    seen.open(report(published))
    asked = seen.page.evaluate(
        "fetch('https://example.com/').then(() => 'answered').catch(() => 'refused')"
    )
    assert asked == "refused"
    assert "Content Security Policy" in " ".join(seen.complaints)
    assert not [r for r in seen.requests if not r.startswith("file:")]


def test_every_chart_is_drawn_with_its_marks(published: Published, seen: Seen) -> None:
    seen.open(report(published))
    drawn = {
        place.get_attribute("data-chart"): place.locator(MARKS).count()
        for place in seen.page.locator("[data-chart]").all()
    }
    assert set(drawn) == CHARTS
    assert min(drawn.values()) >= 6, drawn
    bars = seen.page.locator("[data-chart=inventory-ageing] svg .mark-rect path").count()
    assert bars >= 3
    widths = seen.page.locator("[data-chart] svg").evaluate_all(
        "all => all.map(s => s.clientWidth)"
    )
    assert min(widths) > 300


def test_the_switch_changes_words_and_charts_and_is_remembered(
    published: Published, seen: Seen
) -> None:
    seen.open(report(published))
    heading = seen.page.locator("#inventory-title")
    legend = seen.page.locator("[data-chart=inventory-weeks]")
    assert heading.inner_text() == "Inventory"
    assert "weeks of supply" in legend.inner_text()
    seen.page.click("[data-set-lang=zh]")
    seen.drawn()
    assert heading.inner_text() == "库存"
    assert "库存周数" in legend.inner_text()
    assert "weeks of supply" not in legend.inner_text()
    assert seen.page.locator("html").get_attribute("lang") == "zh-Hans"
    assert seen.page.locator("[data-set-lang=zh]").get_attribute("aria-pressed") == "true"
    seen.page.reload()
    seen.drawn()
    assert heading.inner_text() == "库存"
    seen.page.click("[data-set-lang=en]")
    seen.drawn()
    assert heading.inner_text() == "Inventory"


def test_a_click_on_a_head_sorts_by_value_and_another_turns_it(
    published: Published, seen: Seen
) -> None:
    seen.open(report(published))
    head = seen.page.locator("#by-dealer th", has_text="Lines accepted")

    def column() -> list[float]:
        cells = seen.page.locator("#by-dealer tbody tr td:nth-child(9)").all_inner_texts()
        return [float(cell.replace(",", "")) for cell in cells]

    head.click()
    assert column() == sorted(column(), reverse=True)
    head.press("Enter")
    assert column() == sorted(column())
    assert head.get_attribute("aria-sort") == "ascending"


def test_hostile_names_are_shown_and_do_nothing(published: Published, seen: Seen) -> None:
    seen.open(report(published))
    assert seen.page.evaluate("window.hacked") is None
    assert seen.page.locator("img").count() == 0
    assert seen.page.locator("#refused td.file").get_by_text(f"{IMAGE}.csv").count() == 1
    assert SCRIPT in seen.page.locator("#matrix-pos").inner_text()
    assert IMAGE in seen.page.locator("#running-out").inner_text()
    # as a family it stands in the data of a chart
    assert "<script>" in seen.page.locator("[data-chart=inventory-weeks] svg").text_content()
    seen.page.locator("[data-chart=inventory-weeks] svg .mark-text text").first.hover()
    assert SCRIPT in seen.page.locator("#vg-tooltip-element").inner_text()
    assert seen.page.evaluate("window.hacked") is None


def test_on_a_phone_only_wide_tables_scroll(published: Published, seen: Seen) -> None:
    seen.page.set_viewport_size({"width": 390, "height": 800})
    seen.open(report(published))
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_print_shows_what_is_folded(published: Published, seen: Seen) -> None:
    seen.open(report(published))
    seen.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert seen.page.locator("details:not([open])").count() == 0
    seen.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert seen.page.locator("details[open]").count() == 0
