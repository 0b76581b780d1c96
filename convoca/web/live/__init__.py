"""The live bell: one look at the database tells every open page what is new."""

from convoca.web.live.streams import BellStreams

__all__ = ["BellStreams"]
