"""One call at a time (OCPP-J 1.6 §4.1.1): sends what the outbox gives, waits for the answer, judges what comes back."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from uuid import uuid4

from ocpp.exceptions import OCPPError

from volt_simulator import frames
from volt_simulator.counters import Counters
from volt_simulator.outbox import Outbox, PassingCall
from volt_simulator.queue import TransactionMessage
from volt_simulator.wire import Payload, check_call

LOGGER = logging.getLogger("volt.simulator.exchange")
REMEMBERED_ANSWERS = 16

Send = Callable[[str], Awaitable[None]]


@dataclass(slots=True)
class Habits:
    """How a station sends.

    `duplicates` is the share of transaction messages that it sends twice, `copies` how often it sends every call, and
    `same_id_retries` the share of retries that bear the old message id.
    """

    call_timeout_s: float
    duplicates: float = 0.0
    same_id_retries: float = 0.0
    copies: int = 1


class Refused(Exception):
    """The central system answered with a CALLERROR."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Exchange:
    """The sending half of a station; it outlives its sockets, the outstanding call does not.

    While it is not `awake` it begins nothing new.
    """

    def __init__(
        self,
        version: str,
        outbox: Outbox,
        habits: Habits,
        counters: Counters,
        dice: Random,
        unregistered: Callable[[], None],
    ) -> None:
        self.habits = habits
        self.awake = asyncio.Event()
        self.awake.set()
        self._version = version
        self._outbox = outbox
        self._counters = counters
        self._dice = dice
        self._unregistered = unregistered
        self._waiting: tuple[str, asyncio.Future[Payload]] | None = None
        self._answers: dict[str, Payload] = {}

    @property
    def is_idle(self) -> bool:
        """No call is outstanding."""
        return self._waiting is None

    async def run(self, send: Send) -> None:
        """Sends for as long as the socket lives."""
        loop = asyncio.get_running_loop()
        while True:
            await self.awake.wait()
            self._outbox.changed.clear()
            match self._outbox.next(loop.time()):
                case PassingCall() as call:
                    self._outbox.taken(call)
                    await self._pass(send, call)
                case TransactionMessage() as message:
                    await self._deliver(send, message)
                case None:
                    await self._idle()

    def answered(self, message_id: str, payload: Payload) -> None:
        """A CALLRESULT came in."""
        if self._waiting is not None and self._waiting[0] == message_id and not self._waiting[1].done():
            self._remember(message_id, payload)
            self._waiting[1].set_result(payload)
        elif message_id in self._answers:
            self._compare(message_id, payload)
        else:
            self._counters.late_answers += 1

    def refused(self, message_id: str, code: str) -> None:
        """A CALLERROR came in."""
        if self._waiting is not None and self._waiting[0] == message_id and not self._waiting[1].done():
            self._waiting[1].set_exception(Refused(code))
        elif message_id not in self._answers:
            self._counters.late_answers += 1

    async def _idle(self) -> None:
        due_at = self._outbox.due_at()
        wait_s = None if due_at is None else max(0.0, due_at - asyncio.get_running_loop().time())
        try:
            async with asyncio.timeout(wait_s):
                await self._outbox.changed.wait()
        except TimeoutError:
            return

    async def _pass(self, send: Send, call: PassingCall) -> None:
        await self._check(call.request.action, call.request.payload)
        try:
            answer = await self._ask(send, uuid4().hex, call.request.action, call.request.payload, self.habits.copies)
        except TimeoutError:
            self._counters.timeouts += 1
            call.unanswered("timeout")
        except Refused as refusal:
            self._counters.call_errors += 1
            call.unanswered(refusal.code)
        except BaseException:
            self._counters.lost_with_link += 1
            call.unanswered("offline")
            raise
        else:
            call.answered(answer)

    async def _deliver(self, send: Send, message: TransactionMessage) -> None:
        payload = message.complete()
        if payload is None:
            self._counters.discarded += 1
            self._outbox.queue.skip()
            return
        await self._check(message.action, payload)
        copies = 2 if self._dice.random() < self.habits.duplicates else self.habits.copies
        try:
            answer = await self._ask(send, self._id_for(message), message.action, payload, copies)
        except TimeoutError:
            self._counters.timeouts += 1
            self._failed(refused=False)
        except Refused as refusal:
            self._counters.call_errors += 1
            self._judge(message, refusal.code)
        except BaseException:
            self._counters.lost_with_link += 1
            raise
        else:
            self._outbox.queue.acknowledged()
            message.answered(answer)

    def _judge(self, message: TransactionMessage, code: str) -> None:
        # OCPP 2.0.1 B02/B03: SecurityError tells a station that it is not accepted. It boots again, the message stays.
        LOGGER.warning("%s was refused with %s", message.action, code)
        if code == "SecurityError" and self._version != "1.6":
            self._unregistered()
        else:
            self._failed(refused=True)

    def _failed(self, refused: bool) -> None:
        if self._outbox.queue.failed(asyncio.get_running_loop().time(), refused):
            self._counters.discarded += 1

    def _id_for(self, message: TransactionMessage) -> str:
        if message.message_id is not None:
            self._counters.retries += 1
        if message.message_id is None or self._dice.random() >= self.habits.same_id_retries:
            message.message_id = uuid4().hex
        return message.message_id

    async def _ask(self, send: Send, message_id: str, action: str, payload: Payload, copies: int) -> Payload:
        waiting: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
        self._waiting = (message_id, waiting)
        self._counters.calls += 1
        self._counters.duplicates += copies - 1
        text = frames.call(message_id, action, payload)
        try:
            async with asyncio.timeout(self.habits.call_timeout_s):
                for _ in range(copies):
                    await send(text)
                answer = await waiting
        finally:
            self._waiting = None
        self._counters.answers += 1
        return answer

    async def _check(self, action: str, payload: Payload) -> None:
        try:
            await check_call(self._version, action, payload)
        except OCPPError as problem:
            self._counters.own_schema_errors += 1
            LOGGER.error("this station breaks the schema of %s: %s", action, problem)

    def _remember(self, message_id: str, payload: Payload) -> None:
        self._answers[message_id] = payload
        if len(self._answers) > REMEMBERED_ANSWERS:
            del self._answers[next(iter(self._answers))]

    def _compare(self, message_id: str, payload: Payload) -> None:
        # A frame that came twice must have one effect; two answers that differ tell of two.
        if payload.get("transactionId") != self._answers[message_id].get("transactionId"):
            self._counters.conflicting_answers += 1
