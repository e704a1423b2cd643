"""Accounts, users, members, what they bought, what they did, and the facts that follow from it."""
