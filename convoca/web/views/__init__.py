"""One module a part of the site."""
