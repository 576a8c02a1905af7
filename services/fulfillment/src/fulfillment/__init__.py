"""Sales orders from every channel: accepted once, allocated, released, and undone where they are cancelled."""
