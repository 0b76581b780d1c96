"""The demo: a small company to try Convoca with, and the mail server its invitations go to."""
