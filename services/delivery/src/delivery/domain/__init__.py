"""The rules of delivery: what carriers' codes mean, and what becomes of a shipment."""
