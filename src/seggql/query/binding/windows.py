"""Binds the windows of HAVING."""

from typing import assert_never

from seggql.errors import ProblemCode
from seggql.query import ast, bound
from seggql.query.binding.binding import Binding
from seggql.query.binding.paths import WINDOW
from seggql.query.binding.values import bind_instant_operand


def bind_window(b: Binding, window: ast.RelativeWindow | ast.BetweenWindow) -> bound.Period | None:
    """The stretch of time that a window is; the same for every profile."""
    match window:
        case ast.RelativeWindow(unit=unit, count=count):
            if count < 1:
                b.refuse(
                    ProblemCode.BAD_LITERAL,
                    f"{unit.value} takes a whole number from 1 up.",
                    window,
                    hint=f"{unit.value}(7) ends now; without a window all time counts.",
                )
                return None
            return bound.RelativePeriod(unit=unit, count=count)
        case ast.BetweenWindow():
            low = bind_instant_operand(b, WINDOW, window.low)
            high = bind_instant_operand(b, WINDOW, window.high)
            return None if low is None or high is None else bound.BetweenPeriod(low=low, high=high)
        case _:
            assert_never(window)
