"""The demonstration: a believable marketplace, made of data and loaded through the real commands.

What there is and what happens is pure and seeded (`catalogue`, `names`, `sentences`, `scripts`, `market`, `story`);
`load` replays it with a clock that stands where each step happened. Times count back from now, so it is always fresh.
"""
