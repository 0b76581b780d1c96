"""The story: save or cancel, tell everyone who must know, record every answer."""
