"""What the operator sets: the CONVOCA_* environment variables, checked and explained."""

from __future__ import annotations

import os
import re
import secrets
import ssl
from collections.abc import Callable
from email.utils import parseaddr
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

import idna
from django.core.exceptions import ImproperlyConfigured
from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SMTP_SCHEMES = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
SMTP_EXAMPLE = "smtp+starttls://user:password@mail.example.org:587"
ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]+")
LISTEN = re.compile(r"/.+|(\[[0-9a-fA-F:]+\]|[^\s:/]+):\d{1,5}")
ESPS = ("brevo", "mailgun", "mailjet", "mandrill", "postmark", "sendgrid", "sparkpost")
RATE = re.compile(r"0*([1-9]\d{0,6})/(minute|hour|day)")
RATE_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}
RATES_EXAMPLE = "1000/minute gmail.com=300/minute example.org=20/hour"
DATABASE_EXAMPLE = "postgres://user:password@db.example.org:5432/convoca"


# What nothing can be guessed for, and what to write; see `missing_for`.
KEEPING = {
    "CONVOCA_DATA_DIR": "the folder for database and files, e.g. /var/lib/convoca",
    "CONVOCA_SECRET_KEY": "at least 50 random characters, e.g. the output of "
    "`openssl rand -base64 48`; the same on every machine",
}
RUNNING = KEEPING | {
    "CONVOCA_BASE_URL": "the address people open, e.g. https://calendar.example.org",
    "CONVOCA_SMTP_URL": f"the mail server that takes our mails, e.g. {SMTP_EXAMPLE}",
    "CONVOCA_MAIL_FROM": "the address of system mails, e.g. Convoca <calendar@example.org>",
}
KEEPERS = ("migrate", "create_team", "set_plan", "ingest", "pause_mail", "resume_mail")
NEEDED = {
    **dict.fromkeys(KEEPERS, KEEPING),
    **dict.fromkeys(("serve", "web", "worker", "doctor"), RUNNING),
}


class Rate(NamedTuple):
    """At most so many mails in any window of so many seconds."""

    mails: int
    seconds: int


class Environment(BaseSettings):
    """The settings of one installation; every value comes from `CONVOCA_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="CONVOCA_", extra="ignore")

    data_dir: Path = Path("var/data")
    database_url: str = ""
    smtp_url: str = ""
    mail_from: str = ""
    base_url: str = "http://localhost:8000"
    secret_key: str = ""
    encryption_keys: str = ""
    smtp_timeout: float = Field(default=60, ge=0.1, le=600)
    mail_connections: int = Field(default=2, ge=1, le=32)
    rate_per_sender: str = ""
    rate_per_domain: str = ""
    reply_domain: str = ""
    lmtp_listen: str = ""
    authserv_id: str = ""
    mailbox_connections: int = Field(default=200, ge=0, le=1000)
    outbound_addresses: str = ""
    ca_file: str = ""
    esp: str = ""
    esp_secret: str = ""
    esp_signing_key: str = ""
    allow_private_smtp: bool = False
    web_threads: int = Field(default=10, ge=1, le=200)
    debug: bool = False
    demo: bool = False
    signup_open: bool = True
    max_upload_mb: int = Field(default=25, ge=1, le=2048)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("base_url")
    @classmethod
    def _check_base_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("write the address people open, e.g. https://calendar.example.org")
        if not parts.netloc.isascii():
            value = value.replace(parts.netloc, _in_ascii(parts.netloc), 1)
        return value.rstrip("/")

    @field_validator("smtp_url", "database_url", "rate_per_sender", "rate_per_domain")
    @classmethod
    def _check_that_it_can_be_read(cls, value: str, info: ValidationInfo) -> str:
        if value:
            PARSERS[str(info.field_name)](value)
        return value

    @field_validator("mail_from")
    @classmethod
    def _check_mail_from(cls, value: str) -> str:
        address = parseaddr(value)[1]
        if value and not ADDRESS.fullmatch(address):
            raise ValueError("write an e-mail address, e.g. Convoca <calendar@example.org>")
        domain = address.rpartition("@")[2]
        return value.replace(f"@{domain}", f"@{_in_ascii(domain)}")

    @field_validator("reply_domain")
    @classmethod
    def _check_reply_domain(cls, value: str) -> str:
        if value and not ADDRESS.fullmatch(f"rsvp@{value}"):
            raise ValueError("write a domain whose mail comes here, e.g. reply.example.org")
        return _in_ascii(value.lower())

    @field_validator("outbound_addresses")
    @classmethod
    def _check_outbound_addresses(cls, value: str) -> str:
        for text in value.split():
            try:
                ip_address(text)
            except ValueError:
                raise ValueError("write IP addresses, e.g. 192.0.2.10 2001:db8::10") from None
        return value

    @field_validator("ca_file")
    @classmethod
    def _check_ca_file(cls, value: str) -> str:
        try:
            if value:
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(value)
        except OSError as error:
            words = error.strerror or "it holds no certificate"
            raise ValueError(f"write a file of certificates (PEM); {value}: {words}") from None
        return value

    @field_validator("esp")
    @classmethod
    def _check_esp(cls, value: str) -> str:
        if value and value not in ESPS:
            raise ValueError(f"write one of {', '.join(ESPS)}")
        return value

    @field_validator("esp_secret")
    @classmethod
    def _check_esp_secret(cls, value: str) -> str:
        user, colon, password = value.partition(":")
        if value and not (user and colon and len(password) >= 20):
            raise ValueError("write user:password, the password of at least 20 random characters")
        return value

    @field_validator("lmtp_listen")
    @classmethod
    def _check_lmtp_listen(cls, value: str) -> str:
        if value and not LISTEN.fullmatch(value):
            raise ValueError("write host:port or the path of a socket, e.g. 127.0.0.1:2424")
        return value

    @field_validator("secret_key")
    @classmethod
    def _check_secret_key(cls, value: str) -> str:
        if value and (len(value) < 50 or len(set(value)) < 5):
            raise ValueError(
                "write at least 50 random characters, e.g. the output of `openssl rand -base64 48`"
            )
        return value

    @field_validator("encryption_keys")
    @classmethod
    def _check_encryption_keys(cls, value: str) -> str:
        if any(len(key) < 50 for key in _split(value)):
            raise ValueError(
                "write keys of at least 50 random characters, newest first, separated by commas"
            )
        return value

    @cached_property
    def databases(self) -> dict[str, object]:
        """Django's settings of the one database; SQLite in the data directory by default."""
        if self.database_url:
            return parse_database_url(self.database_url)
        return _sqlite(self.data_dir / "convoca.sqlite3")

    @property
    def secrets_keys(self) -> list[str]:
        """The keys of what is encrypted in the database, the newest first."""
        return _split(self.encryption_keys) or [self.secret_key]

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).hostname or "localhost"


def missing_for(command: str) -> list[str]:
    """Return a line for each variable that a command of the installation needs and is not set."""
    return [
        f"{name} is missing: write {example}."
        for name, example in NEEDED.get(command, {}).items()
        if not os.environ.get(name, "").strip()
    ]


def _in_ascii(host: str) -> str:
    """Return an international name, with its port if it has one, as DNS and mails name it."""
    if host.isascii():
        return host
    name, colon, port = host.partition(":")
    try:
        return idna.encode(name, uts46=True).decode("ascii") + colon + port
    except idna.IDNAError:
        raise ValueError(f"{name} is no name that can stand in DNS") from None


def _split(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def load() -> Environment:
    """Read the environment; raise ImproperlyConfigured with one line per wrong variable."""
    try:
        environment = Environment()
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            name = "CONVOCA_" + str(problem["loc"][0]).upper()
            message = problem["msg"].removeprefix("Value error, ")
            lines.append(f"{name} is wrong: {message}.")
        raise ImproperlyConfigured("\n".join(lines)) from None
    if environment.esp and not environment.esp_secret:
        raise ImproperlyConfigured(
            "CONVOCA_ESP_SECRET is missing: write user:password, as in the webhook's address."
        )
    _make_data_dir(environment.data_dir)
    if not environment.secret_key:
        environment.secret_key = _stored_secret_key(environment.data_dir)
    return environment


def _make_data_dir(data_dir: Path) -> None:
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o750)
    except OSError as error:
        raise _unwritable(data_dir, error) from None


def _stored_secret_key(data_dir: Path) -> str:
    """Return the key kept in the data directory, made at the first start of a demo or checkout.

    The commands of a real installation ask for CONVOCA_SECRET_KEY instead (see `missing_for`).
    """
    path = data_dir / "secret-key"
    try:
        with path.open("x", encoding="ascii") as file:
            path.chmod(0o600)
            file.write(secrets.token_urlsafe(64))
    except FileExistsError:
        pass
    except OSError as error:
        raise _unwritable(data_dir, error) from None
    return path.read_text(encoding="ascii")


def _unwritable(data_dir: Path, error: OSError) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"CONVOCA_DATA_DIR is wrong: {data_dir} cannot be written ({error.strerror}); "
        "write a folder that this user owns."
    )


def parse_smtp_url(url: str) -> dict[str, str | int]:
    """Return host, port, security (`none`, `starttls`, `tls`), username and password of `url`."""
    parts = urlsplit(url)
    if parts.scheme not in SMTP_SCHEMES or not parts.hostname:
        raise ValueError(
            f"write smtp://, smtp+starttls:// or smtps:// and a host, e.g. {SMTP_EXAMPLE}"
        )
    try:
        port = parts.port or SMTP_SCHEMES[parts.scheme]
    except ValueError:
        raise ValueError(f"the port must be a number, e.g. {SMTP_EXAMPLE}") from None
    security = {"smtp": "none", "smtp+starttls": "starttls", "smtps": "tls"}[parts.scheme]
    return {
        "host": parts.hostname,
        "port": port,
        "security": security,
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
    }


def parse_rate(text: str) -> Rate:
    """Return the limit that `100/minute` stands for."""
    match = RATE.fullmatch(text.strip())
    if not match:
        raise ValueError("write a number of mails per minute, hour or day, e.g. 100/minute")
    return Rate(int(match[1]), RATE_SECONDS[match[2]])


def parse_rates(text: str) -> dict[str, Rate]:
    """Return the limit of each domain; that of "" is for every domain which has none itself."""
    rates = {}
    for entry in text.split():
        domain, _equals, rate = entry.rpartition("=")
        if domain and not ADDRESS.fullmatch(f"x@{domain}"):
            raise ValueError(f"write limits of domains, e.g. {RATES_EXAMPLE}")
        rates[_in_ascii(domain.lower())] = parse_rate(rate)
    return rates


def parse_database_url(url: str) -> dict[str, object]:
    """Return Django's settings for a `sqlite:///path` or `postgres://` address."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        path = unquote(parts.path.removeprefix("/"))
        if not path:
            raise ValueError("write sqlite:///relative/path or sqlite:////absolute/path")
        return _sqlite(Path(path))
    if parts.scheme in {"postgres", "postgresql"} and parts.path.strip("/"):
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.strip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "OPTIONS": dict(parse_qsl(parts.query)),
            "CONN_MAX_AGE": 600,
            "CONN_HEALTH_CHECKS": True,
        }
    raise ValueError(f"write sqlite:///path or {DATABASE_EXAMPLE}")


def _sqlite(path: Path) -> dict[str, object]:
    """WAL, immediate transactions and a busy timeout: readers never wait, writers queue."""
    return {
        "ENGINE": "convoca.sqlite",
        "NAME": str(path),
        "CONN_MAX_AGE": 600,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
            "PRAGMA foreign_keys=ON; PRAGMA cache_size=-20000;",
        },
    }


PARSERS: dict[str, Callable[[str], object]] = {
    "smtp_url": parse_smtp_url,
    "database_url": parse_database_url,
    "rate_per_sender": parse_rate,
    "rate_per_domain": parse_rates,
}
