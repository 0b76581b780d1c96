"""One module a resource; each handler turns a request into one call of the domain."""
