"""What parts that segments share take: whoever comes first finds them, and all who have them bear that together."""

from collections import Counter
from collections.abc import Iterable
from time import monotonic

from seggql.evaluation.cost import Spent
from seggql.evaluation.evaluate import find
from seggql.evaluation.run import Run as Evaluation
from seggql.query.plan import Plan
from seggql.segments.sharing import parts_in, shared_parts


class SharedParts:
    """The parts that stand in several plans of a run, of which `whole` are evaluated for everybody."""

    def __init__(self, plans: Iterable[Plan], whole: Iterable[Plan], evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        self._parts = shared_parts(plans)
        self._users = Counter(part for plan in whole for part in frozenset(parts_in(plan, self._parts)))
        self._spent: dict[Plan, Spent] = {}

    async def find(self, plan: Plan) -> Spent:
        """Find those in a plan that nobody has found yet; returns how much more it has to bear than that took.

        Raises: UnavailableError, SnapshotExpired.
        """
        spent, borne = Spent(), Spent()
        for part in dict.fromkeys(parts_in(plan, self._parts)):
            start, before = monotonic(), self._evaluation.cost
            await find(part, self._evaluation)
            if part not in self._spent:
                cost = self._evaluation.cost - before
                self._spent[part] = Spent(cost=cost, elapsed_ms=(monotonic() - start) * 1000)
                spent += self._spent[part]
            borne += self._spent[part] * (1 / max(1, self._users[part]))
        return borne - spent
