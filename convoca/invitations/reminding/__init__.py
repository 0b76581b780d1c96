"""Who has not answered is asked once more, by a host or by the clock."""
