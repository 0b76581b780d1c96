"""What the doctor says of mails that leave: the server, the sender's address, signatures."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import make_msgid, parseaddr

from django.conf import settings
from django.utils import timezone

from convoca.mail import secrets
from convoca.mail.models import Delivery, DkimKey, Preflight
from convoca.mail.proofs import preflight
from convoca.mail.transit import Outgoing
from convoca.mail.transport import signing, smtp
from convoca.mail.transport.line import Line, Unusable
from convoca.mail.transport.servers import system_server
from convoca.standards.ical.address import domain_of
from convoca.standards.imip.compose import Letter, Mailbox, Unmailable, compose_plain
from convoca.standards.imip.dkim import BadKey
from convoca.standards.imip.sender_policy import NoAnswer
from convoca.worker.doctor.findings import ERROR, OK, WARNING, Finding

SECONDS = 15.0
MOST_NAMED = 10

Reason = Delivery.Reason

REMEDIES = {
    Reason.UNREACHABLE: "Check host and port, and that a firewall lets us out.",
    Reason.NO_TRUST: "For an authority of your own, set CONVOCA_CA_FILE to its certificate; "
    "the host must be the name in the server's certificate.",
    Reason.LOGIN: "Check user name and password; percent-encode special characters in them.",
    Reason.SENDER: "Let the server take this address from us, or write one that it takes.",
}


def check_mail_server() -> Iterator[Finding]:
    """Sign in and ask to send from the system's address; nothing is sent."""
    server = system_server()
    try:
        with Line.open(server, seconds=SECONDS) as line:
            line.ask_sender(parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
    except Unusable as error:
        about = "CONVOCA_MAIL_FROM" if error.reason == Reason.SENDER else "CONVOCA_SMTP_URL"
        said = f"{Reason(error.reason).label} {str(error).rstrip('.')}."
        text = f"{said} {REMEDIES.get(Reason(error.reason), '')}".strip()
        yield Finding(ERROR, about, text)
        return
    if server.security == "none" and server.host not in {"localhost", "127.0.0.1", "::1"}:
        text = "Mails leave unencrypted: write smtp+starttls:// or smtps://."
        yield Finding(WARNING, "CONVOCA_SMTP_URL", text)
    yield Finding(OK, "CONVOCA_SMTP_URL", f"{server} takes mails from us.")


def check_system_address() -> Iterator[Finding]:
    """Say whether codes, notices and password resets arrive: what DNS says of their sender."""
    about = "CONVOCA_MAIL_FROM"
    found = preflight.look_at_system(preflight.ask_dns(preflight.LONGEST))
    words = f"{found.get_spf_display()} {found.get_dmarc_display()}"
    if found.level == "BAD":
        text = f"Its mails will be refused. {words} {_publish(found)}"
        yield Finding(ERROR, about, text.strip())
    elif found.level == "DOUBTFUL":
        text = f"Its mails may land in spam. {words} {_publish(found)}"
        yield Finding(WARNING, about, text.strip())
    else:
        yield Finding(OK, about, words)


def check_signing() -> Iterator[Finding]:
    """Name the record of each DKIM key, and what is wrong with what the world can see of it."""
    lookup = preflight.ask_dns(preflight.LONGEST)
    for row in DkimKey.objects.filter(ended_at=None):
        try:
            name, text = signing.load(row).record
        except (secrets.WrongKey, BadKey) as error:
            yield Finding(ERROR, str(row), f"{error} Until then its mails leave unsigned.")
            continue
        publish = f'Publish it: {name}. IN TXT "{text}"'
        try:
            published = lookup(name, "TXT")
        except NoAnswer:
            yield Finding(WARNING, str(row), f"DNS did not answer. {publish}")
            continue
        if text not in published:
            level = ERROR if row.signs_from else WARNING
            found = "another record under this name" if published else "no such record"
            yield Finding(level, str(row), f"DNS has {found}. {publish}")
        elif not row.signs_from:
            ready = f"Published; sign with it: convoca dkim-key {row.domain} --sign"
            yield Finding(OK, str(row), ready)
        else:
            yield Finding(OK, str(row), f"Mails of {row.domain} are signed.")


def check_senders() -> Iterator[Finding]:
    """Name members' addresses whose mails receivers will refuse, the first few."""
    bad = Preflight.objects.filter(dmarc=Preflight.Dmarc.REFUSED, sender__deleted_at=None)
    for found in bad.select_related("sender")[:MOST_NAMED]:
        text = f"{found.sender.email}: its mails will be refused. {_publish(found)}"
        yield Finding(WARNING, "Senders", text.strip())
    if (more := bad.count() - MOST_NAMED) > 0:
        yield Finding(WARNING, "Senders", f"{more} more will be refused.")


def send_test(address: str) -> Iterator[Finding]:
    """Send a mail from the system's address on the way that codes take, without the outbox."""
    about = "Test mail"
    writer = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    message_id = make_msgid(domain=domain_of(writer))
    letter = Letter(
        sender=Mailbox(address=writer, name="Convoca"),
        recipient=Mailbox(address=address),
        subject="Convoca: test mail",
        text=f"This is the test mail of `convoca doctor` on {settings.BASE_URL}.\n",
        html=f"<p>This is the test mail of <code>convoca doctor</code> on {settings.BASE_URL}.</p>",
        message_id=message_id,
        date=timezone.now(),
    )
    try:
        content = compose_plain(letter)
    except Unmailable as error:
        yield Finding(ERROR, about, f"{error}.")
        return
    mail = Outgoing(0, 1, writer, address, content, message_id)
    signed = signing.Signer().sign(mail, timezone.now())
    try:
        for outcome in smtp.send(system_server(), [signed]):
            said = f"{outcome.code or ''} {outcome.response}".strip()
            if outcome.status == Delivery.Status.SENT:
                text = f"The mail server took it ({said}). See whether it arrives, and not as spam."
                yield Finding(OK, about, text)
            else:
                yield _refused(about, outcome.reason, said)
    except Unusable as error:
        yield _refused(about, error.reason, str(error))


def _refused(about: str, reason: str, said: str) -> Finding:
    text = f"{Reason(reason).label} {said} {REMEDIES.get(Reason(reason), '')}"
    return Finding(ERROR, about, text.strip())


def _publish(found: Preflight) -> str:
    """Return what to publish, or how to prove mails where SPF cannot."""
    if not found.record:
        return "Let the domain's SPF record allow our mail server, or sign: convoca dkim-key."
    if found.spf == Preflight.Spf.MISSING:
        return f'Publish the TXT record "{found.record}", or sign: convoca dkim-key.'
    return f"Add {found.record} to the domain's SPF record, or sign: convoca dkim-key."
