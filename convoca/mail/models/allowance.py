"""How much of the operator's limits was used lately; shared by all workers on all machines."""

from __future__ import annotations

from django.db import models


class Allowance(models.Model):
    """What left for one domain, or from one sender, in the last slots of time.

    `used` counts by the number of the slot since 1970; `line_end` is when the last of those that
    wait has its turn.
    """

    key = models.CharField(max_length=300, unique=True)
    used = models.JSONField(default=dict)
    line_end = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key
