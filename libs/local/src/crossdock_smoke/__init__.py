"""A purchase order and a sales order from end to end through an installation: what `helm test` runs, in a pod of the
connector's image. Nothing of it reaches a partner.

It reaches the suite as any caller does, by gRPC under an identity of its own, so that it needs contracts and kit and
must not know a service, a database or a broker.
"""
