"""Profiles: the resource's text and the contract's message are the same, and what is wrong is said in a sentence."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from connector import profiles, trial
from connector.profile_limits import limits_of
from crossdock.connector.v1 import partner_pb2
from crossdock.options.v1 import options_pb2
from crossdock_kit.errors import Invalid, InvalidFields
from crossdock_kit.validation import validate

GOOD: dict[str, Any] = {
    "apiVersion": "crossdock.dev/v1alpha1",
    "kind": "PartnerConnector",
    "metadata": {"name": "sup-nordic"},
    "spec": {
        "role": "SUPPLIER",
        "partyId": "SUP-NORDIC",
        "businessUnit": "EU01",
        "transport": {"fileDrop": {"inbox": "sup-nordic/in", "outbox": "sup-nordic/out"}},
        "edi": {"partnerId": "ZZ:NORDIC", "ownId": "ZZ:ACME", "version": 4010, "lineEnd": "\n"},
        "documents": [
            {"kind": "x12.850", "direction": "OUT"},
            {"kind": "x12.855", "direction": "IN", "mapping": {"units": {"STK": "EA"}}},
        ],
        "timers": {"functionalAck": "120s"},
        "rateLimit": {"perSecond": 20, "burst": 5},
        "retry": {"attempts": 4, "first": "0.5s", "longest": "8s", "breakerFailures": 3, "breakerPause": "2s"},
        "severities": {"segment-count": "ignore"},
    },
}


@pytest.mark.feature("F183")
def test_a_resource_becomes_a_profile_and_the_same_resource_again() -> None:
    profile = profiles.profile_of(GOOD)
    validate(profile)
    assert (profile.partner, profile.role) == ("sup-nordic", options_pb2.ROLE_SUPPLIER)
    assert profile.timers.functional_ack.seconds == 120
    assert profile.documents[1].direction == partner_pb2.DIRECTION_IN
    assert profile.documents[1].mapping.fields["units"].struct_value.fields["STK"].string_value == "EA"
    again = profiles.profile_of(profiles.resource_of(profile))
    assert again == profile


def test_a_profile_says_what_its_partner_bears() -> None:
    limits = limits_of(profiles.profile_of(GOOD))
    assert (limits.rate.per_second, limits.rate.burst, limits.attempts) == (20.0, 5, 4)
    assert (limits.backoff_first.total_seconds(), limits.backoff_longest.total_seconds()) == (0.5, 8.0)
    assert (limits.breaker.failures, limits.owner) == (3, "supplier-desk")


CALENDAR = {"zone": "Europe/Berlin", "weekdays": ["mon", "fri"], "hours": ["08:00-17:00"], "cutOff": "15:00"}


def test_a_profile_says_when_time_counts_for_its_partner() -> None:
    spec = {**GOOD["spec"], "calendar": {**CALENDAR, "closures": ["2026-12-25"]}}
    calendar = profiles.calendar_of(profiles.profile_of({**GOOD, "spec": spec}))
    friday = datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert calendar.add(friday, timedelta(hours=9)) == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert profiles.calendar_of(profiles.profile_of(GOOD)).always


SFTP = {
    "host": "sftp.partner.example",
    "username": "acme",
    "credentials": "sup-key",
    "hostKeys": [{"key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA=="}],
    "inbox": "in",
    "outbox": "out",
}


def polled(kind: str = "json.order_response", direction: str = "IN", **poll: Any) -> dict[str, Any]:
    said = {"cursor": {"parameter": "after", "pointer": "/next"}} | poll
    route = {"kind": kind, "direction": direction, "path": "answers"}
    return route | {"poll": {name: each for name, each in said.items() if each is not None}}


def over_http(*routes: dict[str, Any]) -> dict[str, Any]:
    return {"transport": {"http": {"url": "https://partner.example"}}, "documents": list(routes)}


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "hours that overlap": ({"calendar": {"hours": ["08:00-12:00", "10:00-17:00"]}}, "overlap"),
    "hours that are none": ({"calendar": {"hours": ["from eight on"]}}, "hours are written like"),
    "an unknown zone": ({"calendar": {"zone": "Europe/Atlantis"}}, "unknown zone"),
    "a day that is none": ({"calendar": {"closures": ["2026-02-30"]}}, "day is out of range"),
    "no transport": ({"transport": {}}, "neither fileDrop nor http nor sftp"),
    "out of the folder": (
        {"transport": {"fileDrop": {"inbox": "a/../../etc", "outbox": "b"}}},
        "leads out of the transport",
    ),
    "same folder": ({"transport": {"fileDrop": {"inbox": "a", "outbox": "a"}}}, "the same folder"),
    "no party": ({"partyId": ""}, "a party of the catalog"),
    "no system": ({"role": "WMS", "locations": ["WH"]}, "needs its name"),
    "no location": ({"role": "WMS", "system": "WMS-X"}, "at least one location"),
    "unknown kind": ({"documents": [{"kind": "x12.999", "direction": "IN"}]}, "no kind of document"),
    "wrong way": ({"documents": [{"kind": "x12.944", "direction": "OUT"}]}, "does not travel this way"),
    "to a customer": ({"documents": [{"kind": "x12.855", "direction": "OUT"}]}, "to a customer, which is a CHANNEL"),
    "a customer of nobody": (
        {"role": "CHANNEL", "partyId": "", "documents": [{"kind": "x12.850", "direction": "IN"}]},
        "stands for a party",
    ),
    "twice": ({"documents": [{"kind": "x12.855", "direction": "IN"}] * 2}, "stands twice"),
    "no path": (
        {
            "transport": {"http": {"url": "https://partner.example"}},
            "documents": [{"kind": "json.supplier_order", "direction": "OUT"}],
        },
        "needs a path",
    ),
    "credentials in the url": (
        {"transport": {"http": {"url": "https://me:secret@partner.example"}}},
        "holds credentials",
    ),
    "other scheme": ({"transport": {"http": {"url": "file:///etc/passwd"}}}, "no http or https"),
    "no identity": ({"edi": {"partnerId": "NORDIC", "ownId": "ZZ:ACME"}}, "a qualifier of two characters"),
    "same separators": (
        {"edi": {"partnerId": "ZZ:N", "ownId": "ZZ:A", "elementSeparator": "~"}},
        "not all different",
    ),
    "letter as separator": (
        {"edi": {"partnerId": "ZZ:N", "ownId": "ZZ:A", "elementSeparator": "A"}},
        "may not be a letter",
    ),
    "polled without an address": ({"documents": [polled()]}, "does not say where"),
    "polled outwards": (over_http(polled(kind="json.supplier_order", direction="OUT")), "comes in"),
    "polled EDI": (over_http(polled(kind="x12.855")), "of a kind in JSON"),
    "polled from nowhere": (over_http(polled(cursor=None)), "neither a cursor nor a window"),
    "two places of a cursor": (
        over_http(polled(cursor={"parameter": "after", "pointer": "/next", "header": "X-Next"})),
        "or in a header of it",
    ),
    "a size without a name": (over_http(polled(pageSize=5)), "belong together"),
    "a key among the parameters": (over_http(polled(parameters={"api_key": "x"})), "like a credential"),
    "spoken for outwards": (
        {"documents": [{"kind": "x12.850", "direction": "OUT", "speaksAs": "ERP"}]},
        "whose word",
    ),
    "an owner of nothing": ({"ownership": [{"attribute": "Shipment.eta", "writers": ["ERP"]}]}, "on no document"),
    "an owner twice": ({"ownership": [{"attribute": "Receipt.number"}] * 2}, "Receipt.number stands twice"),
    "a path that climbs": (over_http(polled(path="a/../b")), "no plain path"),
    "JSON over SFTP": (
        {"transport": {"sftp": SFTP}, "documents": [{"kind": "json.order_response", "direction": "IN", "path": "x"}]},
        "X12 interchanges",
    ),
    "one folder over SFTP": ({"transport": {"sftp": SFTP | {"outbox": "in/"}}}, "the same folder"),
    "up a folder over SFTP": ({"transport": {"sftp": SFTP | {"outbox": "a/../../b"}}}, "leads out of"),
    "severity": ({"severities": {"x": "fatal"}}, "none of ignore"),
    "unknown field": ({"secretRef": {"name": "x"}}, "secretRef"),
    "inline password": ({"transport": {"http": {"url": "https://p.example", "password": "x"}}}, "password"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_a_profile_is_said(name: str) -> None:
    changes, said = WRONG[name]
    resource = copy.deepcopy(GOOD)
    resource["spec"].update(changes)
    with pytest.raises((Invalid, InvalidFields)) as wrong:
        profiles.profile_of(resource)
    assert said in str(wrong.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- 1",
        "spec: {}",
        "kind: Secret\nspec: {}",
        "a: &a [*a]",
        "{" * 5000,
        "\x00",
        "!!python/object/apply:os.system [x]",
    ],
)
def test_a_file_that_is_no_resource_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(text)
    with pytest.raises(Invalid):
        profiles.read_profile(file)


def test_the_profiles_of_a_trial_are_good_ones() -> None:
    for profile in trial.profiles(trial.Anyone(), ["0012345", "DC 7"]):
        validate(profile)


def with_route(**route: Any) -> dict[str, Any]:
    changed = copy.deepcopy(GOOD)
    changed["spec"]["documents"] = [{"kind": "x12.855", "direction": "IN", **route}]
    return changed


def test_a_kind_of_documents_may_speak_in_another_role_but_never_in_ours() -> None:
    profile = profiles.profile_of(with_route(speaksAs="WMS"))
    assert profile.documents[0].speaks_as == options_pb2.ROLE_WMS
    assert profiles.resource_of(profile)["spec"]["documents"][0]["speaksAs"] == "WMS"
    assert profiles.profile_of(profiles.resource_of(profile)) == profile
    with pytest.raises(Invalid):
        validate(profiles.profile_of(with_route(speaksAs="CROSSDOCK")))


def test_who_may_write_what_a_partner_sends_is_said_attribute_by_attribute() -> None:
    said = [{"attribute": "ShipNotice.number", "writers": ["WMS", "SUPPLIER"]}, {"attribute": "Receipt.number"}]
    profile = profiles.profile_of({**GOOD, "spec": GOOD["spec"] | {"ownership": said}})
    validate(profile)
    assert [list(each.writers) for each in profile.ownership] == [
        [options_pb2.ROLE_WMS, options_pb2.ROLE_SUPPLIER],
        [],
    ]
    resource = profiles.resource_of(profile)
    assert resource["spec"]["ownership"][0] == said[0]
    assert profiles.profile_of(resource) == profile
    for wrong in ({"attribute": "ShipNotice.number", "writers": ["POPE"]}, "all", {"writers": "WMS"}):
        with pytest.raises(Invalid):
            profiles.profile_of({**GOOD, "spec": GOOD["spec"] | {"ownership": [wrong]}})


@pytest.mark.parametrize("spec", [over_http(polled()), {"transport": {"sftp": SFTP}}], ids=["polled", "over SFTP"])
def test_what_is_fetched_is_said_in_the_resource_too(spec: dict[str, Any]) -> None:
    profile = profiles.profile_of({**GOOD, "spec": GOOD["spec"] | spec})
    validate(profile)
    assert list(profiles.polled(profile).values()) == [timedelta(minutes=1)]
    assert profiles.profile_of(profiles.resource_of(profile)) == profile


CODES = {"codes": {"mapping.yaml": "units: {STK: EA}\ncurrency: USD"}}


def test_a_mapping_may_stand_in_a_config_map_and_the_partners_own_words_go_over_it() -> None:
    resource = with_route(mappingFrom={"configMap": "codes"}, mapping={"currency": "EUR"})
    [route] = profiles.profile_of(resource, config_maps=CODES).documents
    assert not route.HasField("mapping_from")
    assert dict(route.mapping) == {"units": {"STK": "EA"}, "currency": "EUR"}


@pytest.mark.parametrize("text", ["- a list", "a: [", "word"])
def test_a_config_map_without_a_mapping_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        profiles.profile_of(
            with_route(mappingFrom={"configMap": "codes"}), config_maps={"codes": {"mapping.yaml": text}}
        )


def test_a_mapping_that_nobody_looked_up_is_refused() -> None:
    with pytest.raises(Invalid, match="no ConfigMap codes"):
        profiles.profile_of(with_route(mappingFrom={"configMap": "codes"}))
    profile = profiles.profile_of(GOOD)
    profile.documents[1].mapping_from.config_map = "codes"
    with pytest.raises(InvalidFields, match="mappingFrom: is not looked up yet"):
        profiles.check(profile)


def scheduled(zone: str = "UTC", **schedule: Any) -> partner_pb2.PartnerProfile:
    spec = {**GOOD["spec"], "schedule": schedule, "calendar": {"zone": zone}}
    return profiles.profile_of({**GOOD, "spec": spec})


AT = datetime(2026, 11, 20, 10, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("profile", "goes"),
    [
        (profiles.profile_of(GOOD), None),
        (scheduled(mode="realtime"), None),
        (scheduled(mode="micro-batch", every="900s"), datetime(2026, 11, 20, 10, 15, tzinfo=UTC)),
        (scheduled(mode="cron", cron="0 12 * * *"), datetime(2026, 11, 20, 12, tzinfo=UTC)),
        (scheduled("Europe/Berlin", mode="cron", cron="0 12 * * *"), datetime(2026, 11, 20, 11, tzinfo=UTC)),
        (scheduled("Europe/Berlin", mode="cron", cron="0 6 * * 1-5"), datetime(2026, 11, 23, 5, tzinfo=UTC)),
    ],
    ids=["nothing said", "realtime", "micro-batch", "cron", "cron in a zone", "cron over the weekend"],
)
def test_a_schedule_says_when_a_document_goes(profile: partner_pb2.PartnerProfile, goes: datetime | None) -> None:
    assert profiles.goes_at(profile, AT) == goes


@pytest.mark.parametrize(
    ("schedule", "says"),
    [
        ({"mode": "micro-batch"}, "schedule.every: belongs to the mode micro-batch"),
        ({"mode": "realtime", "every": "60s"}, "schedule.every: belongs to the mode micro-batch"),
        ({"mode": "cron"}, "schedule.cron: belongs to the mode cron"),
        ({"cron": "0 6 * * *"}, "schedule.cron: belongs to the mode cron"),
        ({"mode": "cron", "cron": "0 24 * * *"}, "'24' is no hour: from 0 to 23"),
        ({"mode": "cron", "cron": "0 6 30 2 *"}, "no day is ever named"),
    ],
)
def test_a_schedule_that_is_none_is_refused(schedule: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidFields, match=says):
        scheduled(**schedule)
