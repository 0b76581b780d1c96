"""Property tests find the same cases in every run, so that a failure is everybody's failure."""

from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "standards",
    derandomize=True,
    deadline=None,
    max_examples=60,
    database=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("standards")
