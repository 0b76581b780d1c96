"""The worker app."""

from django.apps import AppConfig


class WorkerConfig(AppConfig):
    name = "convoca.worker"
