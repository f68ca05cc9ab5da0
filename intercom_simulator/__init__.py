"""An Intercom on this machine, for demonstrations and tests: its API, and the truth behind it.

    with Simulator(receipts=500, seed=1) as sim:
        ...  # speak to sim.url with sim.token
        expected = sim.workspace.truth("receipt", sim.clock.now())
        reports = sim.reporting.truth("conversation", sim.clock.now())
        pages = sim.ai_content.pages()
        orders = sim.custom_objects.instances("Order")

It needs the standard library only and knows nothing of the tap.
"""

from intercom_simulator.clock import Clock, VirtualClock
from intercom_simulator.dialect import DIALECTS, Dialect, Member, Mutation
from intercom_simulator.faults import Fault, JobFault
from intercom_simulator.simulator import Simulator
from intercom_simulator.workspace import Workspace

__all__ = [
    "DIALECTS",
    "Clock",
    "Dialect",
    "Fault",
    "JobFault",
    "Member",
    "Mutation",
    "Simulator",
    "VirtualClock",
    "Workspace",
]
