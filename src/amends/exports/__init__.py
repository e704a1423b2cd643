"""Exports: an account's cases, payments and disputes as a file, written in the background and kept for 30 days."""
