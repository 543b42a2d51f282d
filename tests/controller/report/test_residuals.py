"""Every predicted build stands in the plot, and a bar reaches zero where it should."""

from __future__ import annotations

from controller.report.material import Material
from controller.report.residuals import residual_figures
from tests.controller.build_doubles import Book
from tests.controller.test_reality_check import measure


def test_without_a_build_there_is_no_plot() -> None:
    assert residual_figures(Material(Book().state, lambda _: None)) == ()


def test_a_bar_reaches_zero_exactly_where_the_value_was_inside_the_interval() -> None:
    book = Book()
    for n, value in enumerate((206.0, 209.0, 191.0, 193.0), start=1):  # 192 to 208 was predicted
        measure(book, n, 0.1 * n, value, 71e-6)
    (figure,) = residual_figures(Material(book.state, lambda _: None))
    points = figure.data[1]
    bars = points["error_y"]
    reaches = [
        y - low <= 0.0 <= y + high
        for y, high, low in zip(points["y"], bars["array"], bars["arrayminus"], strict=True)
    ]
    assert reaches == [True, False, False, True]
    assert points["marker"]["symbol"] == ["circle", "x", "x", "circle"]
    assert points["y"] == [6.0, 9.0, -9.0, -7.0]
    assert "2 of 4 reach zero" in figure.caption
    assert len(figure.table.rows) == 4
