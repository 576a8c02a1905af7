"""Suppliers' commitments: purchase orders, answers, ship notices and receipts, each recorded once."""
