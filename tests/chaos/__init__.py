"""Kills web and worker processes at random under load, and counts the money afterwards."""
