"""A real Dovecot with Alice's mailbox in it: started anew, mail delivered by its own agent."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.installation import free_port, is_open
from tests.support.patience import wait_until
from tests.support.tls import make_certificate

ALICE = "alice@acme.example"

CONFIGURATION = """
base_dir = {run}
state_dir = {run}
log_path = {home}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{home}/certificate.pem
ssl_key = <{home}/key.pem
disable_plaintext_auth = yes
first_valid_uid = 1
mail_location = maildir:{home}/mail
postmaster_address = postmaster@acme.example
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {home}/users
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={home}
}}
"""


class Dovecot:
    """One server for one mailbox; it needs root, for every part of it runs as another user."""

    def __init__(self, home: Path, run: Path) -> None:
        self.home, self.port = home, free_port()
        self.certificate, _key = make_certificate(home)
        self._configuration = home / "dovecot.conf"
        self._configuration.write_text(
            CONFIGURATION.format(home=home, run=run, port=self.port), encoding="utf-8"
        )

    def set_password(self, password: str) -> None:
        """Let the mailbox be opened with this password only."""
        (self.home / "users").write_text(f"{ALICE}:{{PLAIN}}{password}\n")

    def deliver(self, content: bytes) -> None:
        """Put a mail into the mailbox as the mail server does."""
        self._run("/usr/lib/dovecot/dovecot-lda", "-d", ALICE, content=content)

    def hang_up(self) -> None:
        """Cut whoever is connected."""
        subprocess.run(["doveadm", "-c", self._configuration, "kick", ALICE], capture_output=True)

    def renumber(self) -> None:
        """Lose the list of UIDs, as a restored or moved mailbox does."""
        for path in (self.home / "mail").glob("dovecot*"):
            path.unlink()
        self.hang_up()

    def flags(self) -> list[str]:
        """Return the flags of all messages, in order, as the server's own tool sees them."""
        told = self._run("doveadm", "fetch", "-u", ALICE, "flags", "mailbox", "INBOX", "all")
        lines = (line for line in told.splitlines() if line.startswith("flags:"))
        return [line.removeprefix("flags:").strip() for line in lines]

    def untouched(self) -> int:
        """Count the files that no program has taken for seen: those still in `new`."""
        return len(list((self.home / "mail" / "new").iterdir()))

    def uidvalidity(self) -> str:
        return self._run("doveadm", "mailbox", "status", "-u", ALICE, "uidvalidity", "INBOX")

    @property
    def log(self) -> str:
        return (self.home / "log").read_text()

    @contextmanager
    def running(self) -> Iterator[Dovecot]:
        server = subprocess.Popen(["dovecot", "-F", "-c", self._configuration])
        try:
            wait_until(lambda: is_open(self.port))
            yield self
        finally:
            server.terminate()
            server.wait(10)

    def _run(self, program: str, *arguments: str, content: bytes = b"") -> str:
        done = subprocess.run(
            [program, "-c", self._configuration, *arguments], input=content, capture_output=True
        )
        assert done.returncode == 0, done.stderr.decode() + self.log
        return done.stdout.decode()


@contextmanager
def started() -> Iterator[Dovecot]:
    """Run a server in a folder that its users may enter, which pytest's own is not."""
    home = Path(tempfile.mkdtemp(prefix="convoca-dovecot-"))
    run = Path(tempfile.mkdtemp(prefix="dovecot-"))  # the paths of sockets must be short
    for folder in (home, run):
        folder.chmod(0o755)
    os.chown(home, pwd.getpwnam("nobody").pw_uid, grp.getgrnam("nogroup").gr_gid)
    try:
        server = Dovecot(home, run)
        server.set_password("s3cret")
        with server.running():
            yield server
    finally:
        shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(run, ignore_errors=True)
