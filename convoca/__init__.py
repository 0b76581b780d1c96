"""Convoca: a team calendar whose meetings invite anyone with an e-mail address."""
