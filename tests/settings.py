"""Convoca's settings with quick passwords, plain static files and a data folder of its own.

`CONVOCA_TEST_DATABASE=postgres` runs the tests on a PostgreSQL server that is started for them,
`CONVOCA_TEST_DATABASE=postgres://...` on one that is there; otherwise they run on SQLite.
"""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

from tests.support import postgres

sys.dont_write_bytecode = False  # every process of the tests would compile all anew
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# One folder for the run, made by the first process, and in it one for each of xdist's workers.
if "CONVOCA_TEST_DIR" not in os.environ:
    os.environ["CONVOCA_TEST_DIR"] = tempfile.mkdtemp(prefix="convoca-tests-")
    atexit.register(shutil.rmtree, os.environ["CONVOCA_TEST_DIR"], ignore_errors=True)
if os.environ.get("CONVOCA_TEST_DATABASE") == "postgres":
    os.environ["CONVOCA_TEST_DATABASE"] = postgres.launch()

FOLDER = Path(os.environ["CONVOCA_TEST_DIR"], os.environ.get("PYTEST_XDIST_WORKER", "main"))
FOLDER.mkdir(exist_ok=True)
os.environ |= {
    "CONVOCA_DATA_DIR": str(FOLDER),
    "CONVOCA_DATABASE_URL": os.environ.get("CONVOCA_TEST_DATABASE", ""),
    "CONVOCA_SECRET_KEY": "only-for-tests-" * 5,
    "CONVOCA_BASE_URL": "http://testserver",
    "CONVOCA_MAIL_FROM": "convoca@cal.example",
    "CONVOCA_SMTP_URL": "smtp://127.0.0.1:9",
    "CONVOCA_DEMO": "no",
    "CONVOCA_DEBUG": "no",
}

from convoca.settings import *  # noqa: E402, F403  reads the environment written above
from convoca.settings import DATABASES  # noqa: E402

DATABASES["default"]["CONN_MAX_AGE"] = 0
if DATABASES["default"]["ENGINE"].endswith("sqlite"):
    # A file rather than memory, so that threads have connections of their own, as in production.
    DATABASES["default"]["TEST"] = {"NAME": str(FOLDER / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["*"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
