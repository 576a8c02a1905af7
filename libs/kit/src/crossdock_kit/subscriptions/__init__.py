"""Consumers: each event of another context takes effect once and in the order of its aggregate."""

from crossdock_kit.subscriptions.consumer import Consumer
from crossdock_kit.subscriptions.model import Subscription, each

__all__ = ["Consumer", "Subscription", "each"]
