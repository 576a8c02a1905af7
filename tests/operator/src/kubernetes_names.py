"""What Kubernetes takes as the name of a Service or as a label's value."""

import re

NAMES = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
