"""Tests of accounts, users, members, what they bought and did."""
