"""Payments, the refunds and credits that we owe, what banks take back, and the providers that move the money."""
