"""What `make charts-audit` lets pass is explained, and nothing else is."""

from __future__ import annotations

from charted.audit import explained, verdict


def test_what_is_explained_passes_and_what_is_not_does_not() -> None:
    reasons = explained()
    assert len(reasons) >= 5
    everything = {each: {"Deployment.crossdock.catalog"} for each in reasons}
    assert verdict(everything, reasons) == []
    more = everything | {"CKV_K8S_16": {"Deployment.crossdock.catalog"}}
    assert verdict(more, reasons) == ["CKV_K8S_16 is not explained: Deployment.crossdock.catalog"]


def test_an_explanation_of_what_is_no_longer_found_is_named() -> None:
    assert verdict({}, {"CKV_K8S_11"}) == ["CKV_K8S_11 is explained and no longer found"]
