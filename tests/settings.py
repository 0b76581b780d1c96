"""Convoca's settings with quick passwords, plain static files and a data folder of its own."""

import os
import tempfile

os.environ.setdefault("CONVOCA_DATA_DIR", tempfile.mkdtemp(prefix="convoca-tests-"))
os.environ.setdefault("CONVOCA_SECRET_KEY", "only-for-tests-" * 5)
os.environ.setdefault("CONVOCA_BASE_URL", "http://testserver")
os.environ.setdefault("CONVOCA_MAIL_FROM", "convoca@cal.example")
os.environ.setdefault("CONVOCA_SMTP_URL", "smtp://127.0.0.1:9")

from convoca.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["*"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
