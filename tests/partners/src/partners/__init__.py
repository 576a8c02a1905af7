"""Partner simulators: an ERP, suppliers and warehouses that speak the real protocols and keep a journal.

They know the formats of their own trade only, never a contract, a table or a module of the suite: what they hold at the
end is a second book to compare the suite's with.
"""
