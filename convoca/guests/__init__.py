"""Who can be invited: a team's address book of people outside."""
