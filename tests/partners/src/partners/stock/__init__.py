"""What happens to goods that lie in warehouses: put away, held back, counted, adjusted, stated."""
