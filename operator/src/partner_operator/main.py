"""What `kopf run -m partner_operator.main` loads: the operator's table of contents.

handlers     what the cluster tells us and when: every kopf decorator
connector    a resource as what was declared and what was last reported
manifests    declared → desired objects, pure
differences  desired against found, pure
reconcile    one look at one connector: tell the service, make the objects, report; a deletion drains first
running      events and resyncs → looks
resync       how long a full resync took
mappings     those that stand in ConfigMaps, put in place
credentials  whether the secrets that a connector names can be used
business     the connector service by gRPC: profiles handed over, health asked for
conditions   all that is known → the status that people read
gauges       what is measured of connectors and looks
work         which resource is looked at when: never twice at once, never more than once a second
leader       who acts where two operators run
cluster      the only module that talks to the API server
"""

from partner_operator import handlers

__all__ = ["handlers"]
