"""The kit's own relay, consumers, processes and timers under virtual time, over a model of storage and broker.

One seed decides everything: what is done, what breaks and in which order things happen. `make simulate` runs a
thousand of them; `make simulate SEED=7` replays one exactly and tells its timeline.
"""
