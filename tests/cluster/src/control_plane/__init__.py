"""A real Kubernetes control plane on loopback, with nodes that kwok simulates."""
