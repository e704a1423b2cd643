"""The pages of the platform: its review queue, what needs attention, accounts, policy, reviewers, audit log."""
