"""Cases: the lifecycle, the commands that apply it, and the queries that show it."""
