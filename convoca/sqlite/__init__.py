"""Django's SQLite with shorter waits, for several processes that write to one file."""
