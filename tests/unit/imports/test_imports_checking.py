"""A file held against what is known: what is wrong with it, what it changes, and what is sent for that."""

from datetime import UTC, datetime

import msgspec
from unit.imports.import_files import OWNER, csv_contents, knowing, said

from volt_contracts.credentials import is_password, of_key, of_password
from volt_contracts.drivers import RegisterToken, TokenErased, TokenRegistered
from volt_contracts.ids import entity_key, evse_uid, location_uid, station_uid
from volt_contracts.network import (
    ConfigureLocation,
    Credential,
    Evse,
    Location,
    LocationRow,
    Moved,
    Organisation,
    OrganisationRow,
    RegisterStation,
    StationRow,
)
from volt_contracts.refs import token_ref
from volt_contracts.session import Place
from volt_contracts.topics import NETWORK_LOCATION_COMMANDS, NETWORK_STATION_COMMANDS
from volt_imports.checking import check
from volt_imports.contents import Contents
from volt_imports.known import Known
from volt_imports.planning import Plan, plan

AT = datetime(2026, 3, 1, tzinfo=UTC)
KEY = "0123456789abcdef" * 2
PASSWORD = "chosen by anna 1"
UID = station_uid("demo", "CP1")
HARBOUR = Location(name="Harbour", city="Kiel")


def station(**properties: object) -> StationRow:
    row = StationRow(
        version=3, station_uid=UID, identity="CP1", adopted=False, security_profile=1, registration="pending",
        place=Place(), name="Old", location_id="L1",
        evses=(Evse(number=1, uid=evse_uid(UID, 1), evse_id="DE*VLT*E1"),),
    )  # fmt: skip
    return msgspec.structs.replace(row, **properties)


def sent(contents: Contents, known: Known) -> tuple[list[object], Plan]:
    """The commands of a file without faults."""
    assert check(contents, known) == []
    made = plan(contents, known, OWNER)
    return [planned.command for planned in made.commands()], made


def test_faults_come_in_the_order_of_lines_and_all_of_them() -> None:
    contents = csv_contents(
        "identity,location,evse_uid,evse_id\nCP3,L9,,\nCP1,,,\nCP4,L1,U1,DE*VLT*E7\nCP5,,,nonsense\n"
    )
    known = knowing(
        stations={"CP1": station(moved=Moved(tenant="other", station_uid="x"))},
        locations={"L1": LocationRow(version=1, location_id="L1", location=HARBOUR)},
        evse_names={"U1": "CP8", "DE*VLT*E7": "CP9"},
    )

    assert said(check(contents, known)) == [
        (2, "location"), (3, "identity"), (4, "evse_id"), (4, "evse_uid"), (5, "evse_id"),
    ]  # fmt: skip


def test_a_location_refers_to_organisations_and_a_new_one_has_a_name() -> None:
    contents = csv_contents("location,name,site_host,legal_entity\nL1,,,VLT\nL2,,X,\nL3,Hill,X,\n")
    known = knowing(
        locations={"L1": LocationRow(version=1, location_id="L1", location=HARBOUR)},
        organisations={
            "VLT": OrganisationRow(
                version=1, organisation_id="VLT", organisation=Organisation(name="V", kind="site_host")
            )
        },
    )

    assert said(check(contents, known)) == [(3, "name"), (3, "site_host"), (4, "site_host")]


def test_a_new_organisation_has_a_name_and_a_kind() -> None:
    assert said(check(csv_contents("organisation,name,kind\nA,,\nB,B,\n"), knowing())) == [(2, "name"), (3, "kind")]


def test_a_new_station_gets_what_its_tenant_asks_for() -> None:
    (command,), _ = sent(csv_contents("identity\nCP1\n"), knowing())

    assert command == RegisterStation(
        identity="CP1", security_profile=2, registration="accepted", expected_version=0, actor=OWNER.actor
    )


def test_what_a_row_leaves_empty_stays_as_it_is() -> None:
    contents = csv_contents("identity,name,location,profile\nCP1,New,,\n")

    (planned,) = plan(contents, knowing(stations={"CP1": station()}), OWNER).commands()

    assert planned.key == entity_key("demo", UID)
    assert (planned.line, planned.topic) == (2, NETWORK_STATION_COMMANDS)
    assert planned.command == RegisterStation(
        identity="CP1", name="New", security_profile=1, registration="pending", expected_version=3, actor=OWNER.actor
    )


def test_a_station_that_is_so_already_is_not_sent() -> None:
    contents = csv_contents(f"identity,name,location,evse,evse_id,key\nCP1,Old,L1,1,DE*VLT*E1,{KEY}\n")
    keyed = station(credential=of_key(OWNER.secret, "demo", KEY.encode()))
    locations = {"L1": LocationRow(version=1, location_id="L1", location=HARBOUR)}

    commands, made = sent(contents, knowing(stations={"CP1": keyed}, locations=locations))
    assert (commands, made.unchanged) == ([], {"stations": 1})

    for other in (station(), station(adopted=True, credential=keyed.credential), station(evses=())):
        commands, made = sent(contents, knowing(stations={"CP1": other}, locations=locations))
        assert (len(commands), made.unchanged) == (1, {})


def test_a_chosen_password_becomes_argon2id_and_the_same_one_is_not_sent_again() -> None:
    contents = csv_contents(f"identity,password\nCP1,{PASSWORD}\n")

    (command,), _ = sent(contents, knowing())
    assert isinstance(command, RegisterStation)
    assert command.credential is not None
    assert is_password(command.credential, PASSWORD.encode())

    known = station(credential=of_password(PASSWORD.encode()))
    assert sent(contents, knowing(stations={"CP1": known}))[0] == []
    other = station(credential=of_password(b"chosen by bea 22"))
    assert len(sent(contents, knowing(stations={"CP1": other}))[0]) == 1
    broken = station(credential=Credential(kind="argon2id", hash="nonsense"))
    assert len(sent(contents, knowing(stations={"CP1": broken}))[0]) == 1


def test_a_dry_run_hashes_no_password() -> None:
    made = plan(csv_contents(f"identity,password\nCP1,{PASSWORD}\n"), knowing(), OWNER, dry_run=True)

    assert made.credentials == {"CP1": Credential(kind="argon2id", hash="")}


def test_a_location_is_changed_where_the_row_says_something() -> None:
    contents = csv_contents("location,name,country\nL1,,DE\nL2,Hill,\nL3,Harbour,\n")
    rows = {name: LocationRow(version=4, location_id=name, location=HARBOUR) for name in ("L1", "L3")}

    made = plan(contents, knowing(locations=rows), OWNER)

    first, second = made.commands()
    assert first.topic is NETWORK_LOCATION_COMMANDS
    assert first.key == entity_key("demo", location_uid("demo", "L1"))
    assert first.command == ConfigureLocation(
        location_id="L1", location=Location(name="Harbour", city="Kiel", country="DE"), expected_version=4,
        actor=OWNER.actor,
    )  # fmt: skip
    assert isinstance(second.command, ConfigureLocation)
    assert (second.command.expected_version, second.command.location.name) == (0, "Hill")
    assert made.unchanged == {"locations": 1}


def test_tokens_keep_what_a_file_cannot_say() -> None:
    contents = csv_contents("uid,status,group\nA,blocked,\nB,,G\nC,,\nD,,\n")
    row = TokenRegistered(
        version=7, token_ref="r", token_type="rfid", status="accepted", issuer="demo", contract_ref="k",
        concurrent="refused", account_uid="acc", actor="operator:anna", at=AT,
    )  # fmt: skip
    known = knowing()
    erased = TokenErased(version=2, token_ref="r", actor="a", at=AT)
    facts: dict[str, TokenRegistered | TokenErased] = {"A": row, "C": row, "D": erased}
    known.tokens = lambda uid: facts.get(uid)
    known.token_keys = {uid: f"demo/{uid}" for uid in contents.tokens}

    commands, made = sent(contents, known)

    changed, new, again = commands
    assert changed == RegisterToken(
        value="A", token_type="rfid", status="blocked", issuer="demo", contract_ref="k", concurrent="refused",
        account_uid="acc", expected_version=7, actor=OWNER.actor,
    )  # fmt: skip
    assert isinstance(new, RegisterToken)
    assert isinstance(again, RegisterToken)
    assert (new.group_ref, new.expected_version) == (token_ref(OWNER.secret, "demo", "G"), 0)
    assert again.expected_version == 2
    assert made.unchanged == {"tokens": 1}
