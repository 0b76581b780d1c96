"""Django's settings, derived from the operator's environment (see `environment.py`)."""

from pathlib import Path

from django.utils.translation import gettext_lazy as _

from convoca import environment

ENV = environment.load()

BASE_DIR = Path(__file__).resolve().parent
DATA_DIR = ENV.data_dir.resolve()
FILES_DIR = DATA_DIR / "files"
DEBUG = ENV.debug
DEMO = ENV.demo
DEMO_MAILBOX_DIR = DATA_DIR / "mailbox"  # one .eml file per mail that the demo's server took
SECRET_KEY = ENV.secret_key
ENCRYPTION_KEYS = ENV.secrets_keys
BASE_URL = ENV.base_url
ALLOWED_HOSTS = [ENV.host, "localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [ENV.base_url]
ROOT_URLCONF = "convoca.urls"
WSGI_APPLICATION = "convoca.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": ENV.databases}

INSTALLED_APPS = [
    "convoca.accounts",
    "convoca.guests",
    "convoca.mail",
    "convoca.calendars",
    "convoca.notifications",
    "convoca.invitations",
    "convoca.web",
    "convoca.api",
    "convoca.worker",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "lucide",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "convoca.web.middleware.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "convoca.web.middleware.acting_member",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "convoca.web.context.page",
            ],
        },
    },
]

FORM_RENDERER = "convoca.web.forms.renderer.Renderer"

# Signing in: django-allauth, by e-mail address.
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["name", "email"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "calendar"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_ADAPTER = "convoca.web.adapter.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 30 * 60
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_RATE_LIMITS = {"confirm_email": "1/60s/key"}
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if ENV.is_https else "http"
ACCOUNT_FORMS = {
    "login": "convoca.web.forms.signing_in.LoginForm",
    "signup": "convoca.web.forms.signing_up.SignupForm",
    "add_email": "convoca.web.forms.signing_in.AddressForm",
    "change_password": "convoca.web.forms.signing_in.ChangePasswordForm",
    "set_password": "convoca.web.forms.signing_in.SetPasswordForm",
    "reset_password": "convoca.web.forms.signing_in.ResetPasswordForm",
    "reset_password_from_key": "convoca.web.forms.signing_in.NewPasswordForm",
    "confirm_email_verification_code": "convoca.web.forms.signing_in.CodeForm",
    "reauthenticate": "convoca.web.forms.signing_in.ReauthenticateForm",
}
MFA_ADAPTER = "convoca.web.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Convoca"
MFA_FORMS = {
    "authenticate": "convoca.web.forms.signing_in.SecondFactorForm",
    "reauthenticate": "convoca.web.forms.signing_in.SecondFactorAgainForm",
    "activate_totp": "convoca.web.forms.signing_in.ActivateAppForm",
}
SIGNUP_OPEN = ENV.signup_open
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "dashed": False, "length": 6}

SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # addresses are unique, by a constraint on LOWER(email)

# Languages and times: stored in UTC, shown in the zone of whoever looks.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = ENV.is_https
LANGUAGE_COOKIE_HTTPONLY = True
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# Mail: system mail leaves through the outbox like every other (see convoca/mail/backend.py).
EMAIL_BACKEND = "convoca.mail.backend.OutboxBackend"
SMTP_URL = ENV.smtp_url
SMTP_CONNECT_TIMEOUT = min(15.0, ENV.smtp_timeout)
SMTP_TIMEOUT = ENV.smtp_timeout  # of one answer
MAIL_CONNECTIONS = ENV.mail_connections  # of one worker process
RATE_PER_SENDER = environment.parse_rate(ENV.rate_per_sender) if ENV.rate_per_sender else None
RATE_PER_DOMAIN = environment.parse_rates(ENV.rate_per_domain)  # "": of any other domain
CA_FILE = ENV.ca_file  # authorities we trust besides those of this machine
ALLOW_PRIVATE_SMTP = ENV.allow_private_smtp or ENV.demo  # for members' own mail servers
MAIL_FROM = ENV.mail_from
REPLY_DOMAIN = ENV.reply_domain  # answers to events made from now on come to rsvp+TOKEN@ it
LMTP_LISTEN = ENV.lmtp_listen
MAILBOX_CONNECTIONS = ENV.mailbox_connections  # that one worker holds open to connected mailboxes
OUTBOUND_ADDRESSES = ENV.outbound_addresses.split()  # where our mails come from, for SPF
ESP = ENV.esp  # the mail provider whose relay SMTP_URL is, see mail/transport/esp.py
ESP_SECRET, ESP_SIGNING_KEY = ENV.esp_secret, ENV.esp_signing_key
AUTHSERV_ID = ENV.authserv_id  # whose Authentication-Results are believed
DEFAULT_FROM_EMAIL = ENV.mail_from or f"convoca@{ENV.host}"
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Files of events: stored under the data directory, outside the database and the web root.
MAX_UPLOAD_BYTES = ENV.max_upload_mb * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024  # an event with 50,000 attendees
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

WEB_THREADS = ENV.web_threads  # requests answered at once by one web process

STATIC_URL = "/static/"
STATIC_ROOT = None  # whitenoise finds the files in the package itself; nothing is collected
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

# Cookies, transport, headers: strict wherever the site is served over https.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENV.is_https
SESSION_COOKIE_AGE = 30 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = ENV.is_https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENV.is_https else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if ENV.is_https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = ENV.is_https
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # addresses are unique without regard to case, by Lower()

# Throttles count in the database, so that several processes share one count.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": ENV.log_level},
}
