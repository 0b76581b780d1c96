"""Which periodic job has run when, so that several workers run each only once."""

from __future__ import annotations

from django.db import models


class JobSlot(models.Model):
    """One turn of a periodic job, taken by whoever inserts it first."""

    job = models.CharField(max_length=40)
    slot = models.BigIntegerField()  # number of the period since 1970
    taken_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "slot"], name="job_slot_once")]

    def __str__(self) -> str:
        return f"{self.job} #{self.slot}"
