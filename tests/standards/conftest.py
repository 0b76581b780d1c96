"""Property tests find the same cases in every run, so that a failure is everybody's failure.

With $CONVOCA_EXAMPLES=20 they play twenty times as many, and others in each run.
"""

import os

from hypothesis import HealthCheck, Phase, settings

TIMES = int(os.environ.get("CONVOCA_EXAMPLES", "1"))


def examples(number: int) -> int:
    """Return how many examples a test plays that is content with `number` in a quick run."""
    return number * TIMES


settings.register_profile(
    "standards",
    derandomize=TIMES == 1,
    deadline=None,
    max_examples=examples(60),
    database=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("standards")
