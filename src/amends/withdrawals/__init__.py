"""The right to withdraw from a contract within 14 days, without a reason and without a case."""
