"""Stations in lines: one line for each connector, one command for each identity, and everything wrong is told."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.imports.import_files import csv_contents, said

from volt_contracts.network import Connector, Evse
from volt_contracts.session import Meter

HEADER = "identity,name,evse,evse_id,connector,standard,format,power_type,max_voltage,max_current,max_power\n"


def test_lines_of_one_identity_are_one_station() -> None:
    contents = csv_contents(
        HEADER
        + "CP1,Harbour,1,DE*VLT*E1,1,Type2,socket,AC 3 phase,230,32 A,22 kW\n"
        + "CP2,,,,,,,,,,\n"
        + "CP1,,2,,1,ccs2,cable,dc,920 V,500,400000\n"
        + "CP1,Harbour,2,,2,chademo,cable,dc,500,125,62.5kw\n"
    )

    assert contents.faults == []
    assert [(one.identity, one.line) for one in contents.stations.values()] == [("CP1", 2), ("CP2", 3)]
    assert contents.stations["CP1"].value("name") == "Harbour"
    assert contents.stations["CP2"].described() is None
    dc = {"format": "cable", "power_type": "DC"}
    assert contents.stations["CP1"].described() == (
        Evse(
            number=1,
            evse_id="DE*VLT*E1",
            connectors=(
                Connector(
                    standard="IEC_62196_T2",
                    format="socket",
                    power_type="AC_3_PHASE",
                    max_voltage_v=230,
                    max_current_a=32,
                    max_power_w=Decimal(22000),
                ),
            ),
        ),
        Evse(
            number=2,
            connectors=(
                Connector(
                    standard="IEC_62196_T2_COMBO",
                    max_voltage_v=920,
                    max_current_a=500,
                    max_power_w=Decimal(400000),
                    **dc,  # type: ignore[arg-type]
                ),
                Connector(
                    number=2,
                    standard="CHADEMO",
                    max_voltage_v=500,
                    max_current_a=125,
                    max_power_w=Decimal(62500),
                    **dc,  # type: ignore[arg-type]
                ),
            ),
        ),
    )


def test_what_is_said_of_a_meter_stands_at_its_evse() -> None:
    contents = csv_contents("identity,evse_uid,Meter Serial,register kind,metrology\nCP1,E-1,007,Lifetime,MID\n")

    meter = Meter(serial="007", register_kind="lifetime", metrology="mid")
    assert contents.stations["CP1"].described() == (Evse(number=1, uid="E-1", meter=meter),)


@pytest.mark.parametrize(
    ("header", "lines", "expected"),
    [
        ("name", ["CP1,A", "CP1,B"], [(3, "name")]),
        ("profile", ["CP1,1", "CP1,2", "CP1,1"], [(3, "profile")]),
        ("profile", ["CP1,4", "CP2,one"], [(2, "profile"), (3, "profile")]),
        ("evse,connector", ["CP1,1,1", "CP1,1,1"], [(3, "connector")]),
        ("connector", ["CP1,", "CP1,1", "CP1,1"], [(4, "connector")]),
        ("evse", ["CP1,1", "CP1,1"], [(3, "evse")]),
        ("evse", ["CP1,0", "CP1,1.5", "CP1,65"], [(2, "evse"), (3, "evse"), (4, "evse")]),
        ("evse,evse_id", ["CP1,1,DE*VLT*E1", "CP1,2,DE*VLT*E1"], [(3, "evse_id")]),
        ("evse_uid", ["CP1,U1", "CP2,U1"], [(3, "evse_uid")]),
        ("evse_id", ["CP1,E1"], [(2, "evse_id")]),
        ("evse_uid", ["CP1," + "u" * 37], [(2, "evse_uid")]),
        ("standard,format", ["CP1,Schuko,hose"], [(2, "format"), (2, "standard")]),
        ("max_power", ["CP1,22 V", "CP2,-1", "CP3,k", "CP4,1e9"], [(2, "max_power"), (3, "max_power"), (4, "max_power"),
                                                                   (5, "max_power")]),
        ("protocol,registration", ["CP1,ocpp3,perhaps"], [(2, "protocol"), (2, "registration")]),
        ("password", ["CP1,short"], [(2, "password")]),
        ("key", ["CP1,0123"], [(2, "key")]),
        ("key,password", [f"CP1,{'ab' * 16},{'p' * 16}"], [(2, "key")]),
        ("location", ["CP1,no blank"], [(2, "location")]),
        ("name", [",A", "4E+11,A", "x" * 256 + ",A"], [(2, "identity"), (3, "identity"), (4, "identity")]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_lines(header: str, lines: list[str], expected: list[tuple[int, str]]) -> None:
    faults = csv_contents("\n".join([f"identity,{header}", *lines])).faults

    assert sorted(said(faults)) == expected
    assert all(fault.sentence for fault in faults)


def test_no_password_stands_in_a_fault() -> None:
    contents = csv_contents("identity,password,key\nCP1,chosen-by-anna-1,\nCP1,chosen-by-anna-2,\nCP2,tooshort,\n")

    assert len(contents.faults) == 2
    assert not any(word in fault.sentence for fault in contents.faults for word in ("anna", "tooshort"))


@pytest.mark.parametrize(
    ("text", "protocol"),
    [("1.6", "ocpp1.6"), ("OCPP 1.6J", "ocpp1.6"), ("ocpp2.0.1", "ocpp2.0.1"), ("2.1", "ocpp2.1")],
)
def test_a_protocol_may_be_said_as_people_say_it(text: str, protocol: str) -> None:
    assert csv_contents(f"identity,protocol\nCP1,{text}\n").stations["CP1"].value("protocol") == protocol


def test_locations_and_organisations() -> None:
    contents = csv_contents(
        "location,name,country,latitude,longitude,time zone\n"
        "L1,Harbour,de,52.5,13.4,Europe/Berlin\n"
        "L2,Hill,Germany,91,13.4,Europe/Atlantis\n"
        "L3,Lake,,52.5,,\n"
        "L1,Harbour,,,,\n"
        "a/b,Road,,,,\n"
    )
    assert said(contents.faults) == [
        (3, "country"), (3, "latitude"), (3, "time_zone"), (4, "latitude"), (5, "location"), (6, "location"),
    ]  # fmt: skip
    assert contents.locations["L1"].said["latitude"] == Decimal("52.5")
    companies = csv_contents("organisation,name,kind\nVLT,Volt,Legal Entity\nX,X,club\n")
    assert said(companies.faults) == [(3, "kind")]


rows = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", "", "C"]), st.sampled_from(["", "1", "2", "x"]), st.sampled_from(["", "1", "2"])
    ),
    max_size=12,
)


@given(rows)
def test_whatever_lines_say_a_connector_is_there_once(lines: list[tuple[str, str, str]]) -> None:
    text = "identity,evse,connector\n" + "".join(f"{','.join(line)}\n" for line in lines)

    contents = csv_contents(text)

    wrong = {fault.line for fault in contents.faults}
    for at, (identity, evse, connector) in enumerate(lines, 2):
        if identity and at not in wrong and (evse or connector):
            described = {one.number: one for one in contents.stations[identity].described() or ()}
            numbers = [one.number for one in described[int(evse or 1)].connectors]
            assert not connector or numbers.count(int(connector)) == 1
