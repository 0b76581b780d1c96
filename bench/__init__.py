"""Measures Convoca beside a plain loop and postfix's own tool, in one run; no timed tests."""
