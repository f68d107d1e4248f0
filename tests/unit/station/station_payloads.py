"""Hypothesis strategies: payloads that a station may send, good, odd and broken."""

from typing import Any

from hypothesis import strategies as st

TIMES = st.one_of(
    st.sampled_from(
        ["2026-03-01T12:00:00Z", "2026-03-01T11:59:00Z", "2026-03-01T10:00:00Z", "1970-01-01T00:00:00Z", "x", ""]
    ),
    st.sampled_from(["2026-03-01T12:00:00", "2031-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", None, 5]),
    st.text(max_size=8),
)
NUMBERS = st.one_of(
    st.integers(-2, 3),
    st.integers(),
    st.sampled_from(["1", "12.5", "NaN", "1e9999", "-0", "", None, 2**63 - 1, 2**31 - 1, True]),
    st.floats(allow_nan=False, allow_infinity=False),
)
WORDS = st.one_of(st.sampled_from(["Available", "Charging", "Preparing", "L1", "kWh", "W", "SignedData"]), st.text())
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, WORDS, TIMES),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=8,
)


def objects(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object in which any field may be missing or be something else."""
    return st.fixed_dictionaries({}, optional={name: st.one_of(kind, kind, JSON) for name, kind in fields.items()})


SAMPLES = objects(
    value=NUMBERS.map(str) | NUMBERS,
    measurand=st.sampled_from(["Energy.Active.Import.Register", "Power.Active.Import", "Power.Offered", "SoC"]) | WORDS,
    unit=st.sampled_from(["Wh", "kWh", "W", "kW", "Percent", "Fahrenheit", "K"]) | WORDS,
    context=st.sampled_from(["Sample.Periodic", "Transaction.End"]) | WORDS,
    phase=st.sampled_from(["L1", "L2", "L1-N"]) | WORDS,
    format=st.sampled_from(["Raw", "SignedData"]),
    location=WORDS,
)
METER_VALUES = st.lists(objects(timestamp=TIMES, sampledValue=st.lists(SAMPLES, max_size=4)), max_size=3)

PAYLOADS_16: dict[str, st.SearchStrategy[Any]] = {
    "BootNotification": objects(
        chargePointVendor=WORDS,
        chargePointModel=WORDS,
        chargePointSerialNumber=st.sampled_from(["S1", "S2"]) | WORDS,
        meterSerialNumber=st.sampled_from(["M1", "M2"]) | WORDS,
        firmwareVersion=WORDS,
    ),
    "StatusNotification": objects(
        connectorId=st.integers(0, 2) | NUMBERS, status=WORDS, errorCode=WORDS, timestamp=TIMES, info=WORDS
    ),
    "Authorize": objects(idTag=WORDS),
    "StartTransaction": objects(
        connectorId=st.integers(0, 2) | NUMBERS, idTag=WORDS, meterStart=NUMBERS, timestamp=TIMES, reservationId=NUMBERS
    ),
    "StopTransaction": objects(
        transactionId=st.integers(-1, 4) | NUMBERS,
        meterStop=NUMBERS,
        timestamp=TIMES,
        reason=WORDS,
        transactionData=METER_VALUES,
    ),
    "MeterValues": objects(
        connectorId=st.integers(0, 2) | NUMBERS, transactionId=st.integers(-1, 4) | NUMBERS, meterValue=METER_VALUES
    ),
}

SAMPLES_2 = objects(
    value=NUMBERS,
    measurand=st.sampled_from(["Energy.Active.Import.Register", "Power.Active.Import", "SoC"]) | WORDS,
    unitOfMeasure=objects(unit=st.sampled_from(["Wh", "kWh", "W"]) | WORDS, multiplier=st.integers(-20, 20) | NUMBERS),
    signedMeterValue=objects(
        signedMeterData=st.sampled_from(['OCMF|{"PG":"T1","MS":5}|{"SA":[]}', "OCMF|{|}", "AQID"]) | WORDS,
        encodingMethod=WORDS,
    ),
    context=st.sampled_from(["Sample.Periodic", "Transaction.End", "Transaction.Begin"]) | WORDS,
    phase=WORDS,
)
METER_VALUES_2 = st.lists(objects(timestamp=TIMES, sampledValue=st.lists(SAMPLES_2, max_size=3)), max_size=3)
PLACES = objects(id=st.integers(0, 2) | NUMBERS, connectorId=st.integers(0, 2) | NUMBERS)

PAYLOADS_2: dict[str, st.SearchStrategy[Any]] = {
    "BootNotification": objects(
        reason=WORDS,
        chargingStation=objects(
            vendorName=WORDS, model=WORDS, serialNumber=st.sampled_from(["S1", "S2"]), modem=objects(iccid=WORDS)
        ),
    ),
    "StatusNotification": objects(
        timestamp=TIMES,
        connectorStatus=st.sampled_from(["Available", "Occupied"]) | WORDS,
        evseId=st.integers(0, 2) | NUMBERS,
        connectorId=st.integers(0, 2) | NUMBERS,
    ),
    "NotifyEvent": objects(
        eventData=st.lists(
            objects(
                timestamp=TIMES,
                actualValue=st.sampled_from(["Available", "Occupied"]) | WORDS,
                component=objects(name=st.just("Connector"), evse=PLACES),
                variable=objects(name=st.just("AvailabilityState")),
            ),
            max_size=2,
        )
    ),
    "Authorize": objects(idToken=objects(idToken=WORDS, type=WORDS)),
    "MeterValues": objects(evseId=st.integers(0, 2) | NUMBERS, meterValue=METER_VALUES_2),
    "TransactionEvent": objects(
        eventType=st.sampled_from(["Started", "Updated", "Ended"]) | WORDS,
        timestamp=TIMES,
        triggerReason=st.sampled_from(["Authorized", "MeterValuePeriodic", "EVDeparted"]) | WORDS,
        seqNo=st.integers(0, 6) | NUMBERS,
        offline=st.booleans(),
        evse=PLACES,
        idToken=objects(idToken=WORDS, type=WORDS),
        reservationId=NUMBERS,
        transactionInfo=objects(
            transactionId=st.sampled_from(["1", "2", "0b5c1c52-7f0e-4d1c-9a55-0a7b6f0d2c11"]) | WORDS,
            chargingState=st.sampled_from(["Charging", "SuspendedEV", "EVConnected"]) | WORDS,
            stoppedReason=WORDS,
            remoteStartId=st.sampled_from([1, 2]) | NUMBERS,
        ),
        meterValue=METER_VALUES_2,
    ),
}
