"""The promise under faults: load, history, faults, heal, quiet, checkers, a file of results.

`run` plays one seed on a stack of its own (`stack`), with the world of `world`, the load of `orders` and `calls`, the
faults of `schedule` done by `nemesis`, the evidence of `evidence` and the judgement of `checkers`. `results` merges.
"""
