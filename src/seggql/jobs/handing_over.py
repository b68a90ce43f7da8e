"""What becomes of a message that was not done: a worker that stops hands it over, one that failed tries again later."""

import logging
from typing import Any

from dramatiq import Broker, Message, MessageProxy, Worker
from dramatiq.errors import BrokerError
from dramatiq.middleware import Retries, Shutdown

logger = logging.getLogger(__name__)


class HandingOver(Retries):
    """Dramatiq's retries, which would let the message of a worker that stops wait as if it had failed."""

    def __init__(self) -> None:
        super().__init__()
        self._left: list[Message[Any]] = []

    def after_process_message(
        self,
        broker: Broker,
        message: MessageProxy,
        *,
        result: Any = None,
        exception: BaseException | None = None,
    ) -> None:
        """Called by Dramatiq."""
        if isinstance(exception, Shutdown):
            self._left.append(message.copy())
        else:
            super().after_process_message(  # type: ignore[no-untyped-call]  # Dramatiq leaves this one untyped
                broker, message, result=result, exception=exception
            )

    def after_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        """Announce what was given back, now that this worker would not take it again itself."""
        try:
            while self._left:
                broker.enqueue(self._left.pop())
        except BrokerError as error:
            logger.warning("runs not handed over, the sweep will error=%s", error)
