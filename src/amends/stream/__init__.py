"""Live updates: what changed, told to open streams for their callers' eyes only. The database remains the truth."""
