"""The customer's pages: what they bought, reporting a problem with it, and their cases."""
