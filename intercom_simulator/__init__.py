"""A local simulator of Intercom's export and list APIs, for the demo and the tests.

    with Simulator(receipts=500, seed=1) as sim:
        ...  # send requests to sim.url with the token sim.token
        expected = sim.workspace.expected_rows("receipt", sim.clock.now())
        reports = sim.reporting.expected_rows("conversation", sim.clock.now())
        pages = sim.ai_content.pages()
        orders = sim.custom_objects.instances("Order")

The expected rows come from the simulated data, not from the API. The package uses the standard
library only and does not import the tap.
"""

from intercom_simulator.api_variant import ApiVariant, Member
from intercom_simulator.clock import Clock, VirtualClock
from intercom_simulator.faults import Fault, JobFault
from intercom_simulator.mutation import Mutation
from intercom_simulator.named_variants import API_VARIANTS
from intercom_simulator.simulator import Simulator
from intercom_simulator.workspace import Workspace

__all__ = [
    "API_VARIANTS",
    "ApiVariant",
    "Clock",
    "Fault",
    "JobFault",
    "Member",
    "Mutation",
    "Simulator",
    "VirtualClock",
    "Workspace",
]
