"""Who hosts: a user signs in, and acts in a team through a membership."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

LANGUAGES = [("en", "English"), ("es", "Español")]
LONGEST_GRACE = 60  # seconds


class UserManager(BaseUserManager["User"]):
    """Makes users whose address is their name."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Store a user; without a password they can sign in only after a reset."""
        user = self.model(email=email.strip(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in with an e-mail address."""

    email = models.EmailField(_("e-mail address"))
    name = models.CharField(_("name"), max_length=120, blank=True)
    language = models.CharField(_("language"), max_length=8, choices=LANGUAGES, default="en")
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=now)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique")]

    def __str__(self) -> str:
        return self.get_full_name()

    def get_full_name(self) -> str:
        return self.name or self.email.partition("@")[0]

    def get_short_name(self) -> str:
        return self.get_full_name().partition(" ")[0]


class Plan(models.TextChoices):
    FREE = "FREE", _("Free")
    BUSINESS = "BUSINESS", _("Business")


class Team(models.Model):
    """A company or group; every other row belongs to one."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=120)
    plan = models.CharField(_("plan"), max_length=16, choices=Plan.choices, default=Plan.FREE)
    language = models.CharField(_("language"), max_length=8, choices=LANGUAGES, default="en")
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC")
    grace_seconds = models.PositiveSmallIntegerField(
        _("seconds to stop mails"), default=5, validators=[MaxValueValidator(LONGEST_GRACE)]
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name

    @property
    def grace(self) -> dt.timedelta:
        """How long the mails of a save from the page can be stopped."""
        return dt.timedelta(seconds=self.grace_seconds)


class Role(models.TextChoices):
    OWNER = "OWNER", _("Owner")
    ADMIN = "ADMIN", _("Administrator")
    MEMBER = "MEMBER", _("Member")


class MembershipQuerySet(models.QuerySet["Membership"]):
    def current(self) -> MembershipQuerySet:
        """Those who have not left, with their user and team at hand."""
        return self.filter(left_at=None, user__is_active=True).select_related("user", "team")

    def colleagues_of(self, member: Membership) -> MembershipQuerySet:
        """Everyone who works in the member's team now, the member included."""
        return self.current().filter(team_id=member.team_id)


class Membership(models.Model):
    """A user in a team: whoever acts, acts as one of these."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=16, choices=Role.choices, default=Role.MEMBER)
    notify_by_email = models.BooleanField(_("tell me by e-mail too"), default=True)
    joined_at = models.DateTimeField(auto_now_add=True)
    left_at = models.DateTimeField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="membership_unique")]

    def __str__(self) -> str:
        return f"{self.name} ({self.team})"

    @property
    def name(self) -> str:
        return self.user.get_full_name()

    @property
    def email(self) -> str:
        return self.user.email

    @property
    def is_admin(self) -> bool:
        """Owners and administrators manage the team and every event in it."""
        return self.role in {Role.OWNER, Role.ADMIN}


class TeamInvitation(models.Model):
    """A colleague asked by mail to join a team; ends when accepted or withdrawn."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail address"))
    role = models.CharField(_("role"), max_length=16, choices=Role.choices, default=Role.MEMBER)
    invited_by = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.email} → {self.team}"


class ApiToken(models.Model):
    """Lets a program act as a member; only a hash of it is stored."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=80)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Usage(models.Model):
    """What a team has used of its plan; the row is the lock of the limit."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="usage")
    events_with_guests = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.team}: {self.events_with_guests}"
