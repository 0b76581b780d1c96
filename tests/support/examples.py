"""Property tests find the same cases in every run, so that a failure is everybody's failure.

With $CONVOCA_EXAMPLES=20 they play twenty times as many, and others in each run.
"""

import os

from hypothesis import HealthCheck, Phase, settings

TIMES = int(os.environ.get("CONVOCA_EXAMPLES", "1"))


def examples(number: int) -> int:
    """Return how many examples a test plays that is content with `number` in a quick run."""
    return number * TIMES


# Before the first test is read: what a test sets itself is added to this. How long an example
# takes says nothing on a busy machine; one that saves rows finds those of the last one.
settings.register_profile(
    "convoca",
    derandomize=TIMES == 1,
    deadline=None,
    max_examples=examples(60),
    database=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("convoca")
