"""The segments of the world, and who belongs to each, found by looking at every guest: the truth to compare with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.reliability.world import Stream


@dataclass(slots=True)
class Facts:
    """Everything that was acknowledged, in the form that the questions below need."""

    guests: dict[str, dict[str, Any]]
    visits: dict[str, list[int]]
    known: set[tuple[str, str]]

    @staticmethod
    def of(stream: Stream) -> "Facts":
        """The facts of a stream."""
        return Facts(guests=stream.guests, visits=stream.visits_by_guest(), known=stream.known)

    def guests_who(self, fits: Callable[[dict[str, Any]], bool]) -> set[str]:
        """Guests whose attributes fit."""
        return {key for key, attributes in self.guests.items() if fits(attributes)}

    def visitors_who(self, fits: Callable[[list[int]], bool]) -> set[str]:
        """Guests with visits whose amounts fit."""
        return {key for key, amounts in self.visits.items() if fits(amounts)}


def _is_adult(guest: dict[str, Any]) -> bool:
    return (guest.get("age") or 0) >= 40


def _is_spender(amounts: list[int]) -> bool:
    return sum(amount for amount in amounts if amount > 50) > 400


def _is_roman(guest: dict[str, Any]) -> bool:
    return guest.get("city") == "Rome"


def _known_to_romans(facts: Facts) -> set[str]:
    romans = facts.guests_who(_is_roman)
    return {target for source, target in facts.known if source in romans}


QUERIES: dict[str, tuple[str, Callable[[Facts], set[str]]]] = {
    "Adults": ("PROFILE(Guest).FILTER(age >= 40)", lambda facts: facts.guests_who(_is_adult)),
    "Others": (
        "PROFILE(Guest) EXCEPT SEGMENT(Adults)",
        lambda facts: set(facts.guests) - facts.guests_who(_is_adult),
    ),
    "Romans": ("PROFILE(Guest).FILTER(city == 'Rome')", lambda facts: facts.guests_who(_is_roman)),
    "Regulars": (
        "INTERACTION(Visit, Visitor).HAVING(COUNT() >= 3)",
        lambda facts: facts.visitors_who(lambda amounts: len(amounts) >= 3),
    ),
    "Spenders": (
        "INTERACTION(Visit, Visitor).FILTER(amount > 50).HAVING(SUM(amount) > 400)",
        lambda facts: facts.visitors_who(_is_spender),
    ),
    "RomanSpenders": (
        "SEGMENT(Romans) INTERSECT SEGMENT(Spenders)",
        lambda facts: facts.guests_who(_is_roman) & facts.visitors_who(_is_spender),
    ),
    "KnownToRomans": ("SEGMENT(Romans).TRAVERSE(Knows)", _known_to_romans),
    "Quiet": (
        "PROFILE(Guest) EXCEPT INTERACTION(Visit, Visitor)",
        lambda facts: set(facts.guests) - set(facts.visits),
    ),
}
"""By name: the query, and who belongs. Others are the guests that are no Adults, whatever happens between."""


def _of_amount(most: int) -> Callable[[Facts], set[str]]:
    return lambda facts: facts.visitors_who(lambda amounts: sum(1 for one in amounts if one < most) >= 2)


def queries(extra: int = 0) -> dict[str, tuple[str, Callable[[Facts], set[str]]]]:
    """The queries above, and `extra` more that take longer."""
    more = {
        f"Small{number:03}": (
            f"INTERACTION(Visit, Visitor).FILTER(amount < {number + 5}).HAVING(COUNT() >= 2)",
            _of_amount(number + 5),
        )
        for number in range(extra)
    }
    return QUERIES | more
