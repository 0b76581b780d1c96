"""Message catalogues: collect what is said, keep its translations, compile them.

English stands in the source; every app holds its other languages under `locale/`.
"""
