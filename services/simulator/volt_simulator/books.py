"""The books of a station: opens, updates and closes its transactions, queues what is to be said about them, and
writes the ledger."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from random import Random

from volt_simulator.clock import StationClock, true_time
from volt_simulator.connector import Connector, Stop
from volt_simulator.counters import Counters
from volt_simulator.dialect import Dialect, Draft, Moment
from volt_simulator.ledger import Ledger
from volt_simulator.meter import Sample
from volt_simulator.ocmf import Mark, Reading
from volt_simulator.outbox import Outbox
from volt_simulator.past import Past, recalled_transaction, recalled_visit
from volt_simulator.queue import TransactionMessage
from volt_simulator.traits import Traits
from volt_simulator.transaction import Grant, StopReason, Transaction, Trigger, Visit
from volt_simulator.wire import Payload

LOGGER = logging.getLogger("volt.simulator.books")
VOLTAGES_V = (228, 229, 230, 231, 232)
EMPTY_PACK_V = 350


class Books:
    """`offline` says whether the station can be heard; `stops_on_invalid_id` whether a refused token ends a charge."""

    def __init__(
        self,
        traits: Traits,
        clock: StationClock,
        dialect: Dialect,
        outbox: Outbox,
        ledger: Ledger | None,
        counters: Counters,
        dice: Random,
        offline: Callable[[], bool],
        stops_on_invalid_id: Callable[[], bool],
    ) -> None:
        self.traits = traits
        self._clock = clock
        self._dialect = dialect
        self._outbox = outbox
        self._ledger = ledger
        self._counters = counters
        self._dice = dice
        self._offline = offline
        self._stops_on_invalid_id = stops_on_invalid_id
        # By own id: what still runs or has something to say.
        self.unfinished: dict[str, Transaction] = {}

    def begin_visit(self, evse: int, visit: Visit) -> None:
        """A plug went in."""
        self._counters.visits_begun += 1
        self.note_visit(evse, visit)

    def end_visit(self, evse: int, visit: Visit) -> None:
        """The plug is out."""
        self._counters.visits_ended += 1
        self.note_visit(evse, visit)

    def note_visit(self, evse: int, visit: Visit) -> None:
        """Writes what is known about a visit."""
        if self._ledger is not None and (entry := visit.entry(self.traits, evse)) is not None:
            self._ledger.write(entry)

    def note(self, transaction: Transaction) -> None:
        """Writes what is known about a transaction."""
        if self._ledger is not None:
            self._ledger.write(transaction.entry())

    def put_away(self) -> None:
        """The process ends in good order: writes how far the sequence of everything unfinished had come."""
        if self._ledger is not None:
            for transaction in self.unfinished.values():
                self._ledger.write(transaction.entry(transaction.sequence))

    def sample(self, connector: Connector) -> Sample:
        """What the connector measures now."""
        connector.settle(asyncio.get_running_loop().time())
        flow, style = connector.flow, self.traits.style
        voltage_v = self._dice.choice(VOLTAGES_V)
        is_dc = style is not None and style.current == "DC"
        return Sample(
            energy_wh=connector.meter.reading_wh,
            power_w=0 if flow is None else flow.power_w,
            voltage_v=EMPTY_PACK_V + (flow.car.soc if flow is not None else 0) if is_dc else voltage_v,
            soc=flow.car.soc if flow is not None and "soc" in self.traits.measures else None,
            offered_w=None if style is None else least_of(style.most_w, connector.limit_w),
            phases=self.traits.phases,
            used_phases=1 if flow is None else max(1, flow.car.phases),
        )

    def _signed(self, connector: Connector, transaction: Transaction, sample: Sample, mark: Mark) -> Sample:
        """The same, signed, where the meter can."""
        if connector.signer is None or self.traits.style is None:
            return sample
        at = transaction.started_at if mark == "B" else transaction.ended_at
        assert at is not None
        is_dc = self.traits.style.current == "DC"
        good = self.traits.faults.clock == "good"
        text = connector.signer.sign(Reading(mark, at, good, sample.energy_wh, transaction.token, is_dc))
        return replace(sample, signed=text, public_key=connector.signer.public_key)

    def open(
        self, connector: Connector, visit: Visit, trigger: Trigger, charging_state: str, grant: Grant | None
    ) -> None:
        """A transaction begins now; a stop that is still held back goes out before it."""
        self.release(connector)
        visit.transactions += 1
        connector.meter.register = self.traits.register
        transaction = Transaction(
            traits=self.traits,
            evse=connector.evse,
            visit=visit.number,
            number=visit.transactions,
            started_at=true_time(),
            started_offline=self._offline(),
            meter_start_wh=connector.meter.open(),
            charging_state=charging_state,
            clock=self.traits.faults.clock,
            plug=connector.plug,
        )
        if grant is not None:
            transaction.grant(grant)
        connector.transaction = transaction
        self.unfinished[transaction.own_id] = transaction
        self._counters.transactions_begun += 1
        sample = self._signed(connector, transaction, self.sample(connector), "B")
        transaction.signed_begin = sample.signed
        draft = self._dialect.opened(transaction, trigger, self._moment(transaction.started_at), sample)
        self._outbox.keep(self._message(connector, transaction, draft))
        self.note(transaction)

    def authorize(self, connector: Connector, grant: Grant) -> None:
        """The open transaction has its token now."""
        if connector.transaction is not None:
            connector.transaction.grant(grant)
            self.note(connector.transaction)
            remote = grant.authorization == "remote"
            self.update(connector, Trigger.REMOTE_START if remote else Trigger.AUTHORIZED, "EVConnected")

    def update(self, connector: Connector, trigger: Trigger, charging_state: str) -> None:
        """Something other than energy changed."""
        transaction = connector.transaction
        if transaction is None:
            return
        transaction.charging_state = charging_state
        draft = self._dialect.updated(transaction, trigger, self._moment(true_time()), self.sample(connector))
        if draft is not None:
            self._outbox.keep(self._message(connector, transaction, draft))

    def read(self, connector: Connector, trigger: Trigger) -> None:
        """A reading of the running transaction."""
        transaction = connector.transaction
        if transaction is not None:
            draft = self._dialect.metered(transaction, trigger, self._moment(true_time()), self.sample(connector))
            self._outbox.keep(self._message(connector, transaction, draft))

    def close(self, connector: Connector, reason: StopReason, at: datetime) -> None:
        """Energy stops and the transaction ends at the true moment `at`."""
        transaction, visit = connector.transaction, connector.visit
        if transaction is None:
            return
        sample = self.sample(connector)
        connector.flow, connector.transaction = None, None
        transaction.meter_stop_wh = sample.energy_wh
        transaction.ended_at, transaction.ended_offline = at, self._offline()
        transaction.reason = reason
        transaction.doubt(self.traits.faults.clock)
        if visit is not None:
            visit.energy_wh += sample.energy_wh - transaction.meter_start_wh
        self._counters.transactions_ended += 1
        if self.traits.faults.lost_stop:
            self._lose(transaction)
            return
        sample = self._signed(connector, transaction, sample, "E")
        message = self._message(connector, transaction, self._dialect.closed(transaction, self._moment(at), sample))
        if self.traits.faults.late_stop_s:
            connector.held = message
        else:
            self._outbox.keep(message)
        self.note(transaction)

    def _lose(self, transaction: Transaction) -> None:
        """Nobody will ever be told that it ended."""
        self._counters.discarded += 1
        transaction.discarded = True
        self.note(transaction)
        self._forget_finished(transaction)

    def recall(self, connector: Connector, past: Past) -> None:
        """The power is back: tells again what nobody confirmed before it went (OCPP 1.6 §4.10, OCPP 2.0.1 E15)."""
        ours = [entry for entry in past.unconfirmed if entry.version == self.traits.version]
        recalled = [recalled_transaction(entry, self.traits) for entry in ours]
        connector.visits = past.visits
        connector.meter.total_wh = past.register_after(recalled, connector.meter.total_wh)
        for transaction in recalled:
            self._tell_again(connector, transaction)
        if past.open_visit is not None:
            of_it = [one for one, entry in zip(recalled, ours, strict=True) if entry.state == "running"]
            connector.last_visit = recalled_visit(past.open_visit, of_it)
            self.note_visit(connector.evse, connector.last_visit)

    def _tell_again(self, connector: Connector, transaction: Transaction) -> None:
        assert transaction.ended_at is not None
        assert transaction.meter_stop_wh is not None
        is_nameless = self.traits.version == "1.6" and transaction.csms_id is None
        if is_nameless and self.traits.faults.clock_unset:
            # What it would say of the start now is not what it said then: the clock began anew.
            transaction.discarded = True
        elif is_nameless:
            begin = Sample(transaction.meter_start_wh, 0, VOLTAGES_V[0], None)
            moment = Moment(self._clock.stamp(transaction.started_at), offline=True)
            draft = self._dialect.opened(transaction, Trigger.CHARGING_STATE_CHANGED, moment, begin)
            self._outbox.keep(self._message(connector, transaction, draft))
        if not transaction.discarded:
            end = Sample(transaction.meter_stop_wh, 0, VOLTAGES_V[0], None)
            end = self._signed(connector, transaction, end, "E")
            draft = self._dialect.closed(transaction, Moment(self._clock.stamp(transaction.ended_at), True), end)
            self._outbox.keep(self._message(connector, transaction, draft))
        self.note(transaction)

    def release(self, connector: Connector) -> None:
        """A stop message that was held back comes about now."""
        message, connector.held = connector.held, None
        if message is not None:
            self._outbox.keep(message)

    def _moment(self, at: datetime) -> Moment:
        return Moment(self._clock.stamp(at), self._offline())

    def _message(self, connector: Connector, transaction: Transaction, draft: Draft) -> TransactionMessage:
        transaction.pending += 1

        def answered(answer: Payload) -> None:
            transaction.pending -= 1
            self._judge(connector, transaction, answer)
            self._forget_finished(transaction)

        def discarded() -> None:
            transaction.pending -= 1
            if draft.is_vital:
                transaction.discarded = True
                self.note(transaction)
            self._forget_finished(transaction)

        return TransactionMessage(draft.action, draft.complete, answered, discarded)

    def _forget_finished(self, transaction: Transaction) -> None:
        if transaction.ended_at is not None and transaction.pending == 0:
            self.unfinished.pop(transaction.own_id, None)

    def _judge(self, connector: Connector, transaction: Transaction, answer: Payload) -> None:
        verdict = self._dialect.verdict(answer)
        changed = transaction.is_acknowledged
        if verdict.transaction_id is not None and transaction.csms_id is None:
            transaction.csms_id, changed = verdict.transaction_id, True
        if verdict.token_status not in (None, "Accepted"):
            self._refused(connector, transaction, str(verdict.token_status))
            changed = True
        if changed:
            self.note(transaction)

    def _refused(self, connector: Connector, transaction: Transaction, status: str) -> None:
        LOGGER.info("%s: token of %s is %s", self.traits.station, transaction.wire_id, status)
        self._counters.authorizations_refused += 1
        transaction.refused = True
        if transaction.ended_at is None and self._stops_on_invalid_id():
            connector.orders.put_nowait(Stop(StopReason.DEAUTHORIZED, transaction))


def least_of(most_w: int, limit_w: int | None) -> int:
    """What may be taken of `most_w` under a limit."""
    return most_w if limit_w is None else min(most_w, limit_w)
