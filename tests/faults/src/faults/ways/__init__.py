"""How each fault is done, by the name that the schedule gives it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from faults.schedule import Fault
from faults.ways import broker, cache, database, disks, links, partners, processes
from faults.ways.scene import Injected, Scene

Way = Callable[[Scene, Fault, Injected], Awaitable[None]]
WAYS: Mapping[str, Way] = {
    "kill": processes.kill,
    "terminate": processes.terminate,
    "stop": processes.stop,
    "crash": processes.crash,
    "step clock": processes.step_clock,
    "black hole": links.hole,
    "latency": links.latency,
    "bandwidth": links.bandwidth,
    "slice": links.cut_in_slices,
    "corrupt": links.corrupt,
    "reset": links.reset,
    "repeat and reorder": links.play_tricks,
    "roll back": broker.roll_back,
    "flip byte": broker.flip_byte,
    "truncate": broker.truncate,
    "end backends": database.end_backends,
    "read only": database.read_only,
    "long transaction": database.long_transaction,
    "fail over": database.fail_over,
    "fill disk": disks.fill,
    "flush": cache.flush,
    "spoil": cache.spoil,
    "silent": partners.silent,
    "errors": partners.errors,
    "slow partner": partners.slow,
    "answer": partners.answer,
    "poison": partners.poison,
}
