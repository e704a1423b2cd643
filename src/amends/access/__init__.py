"""Who is calling, and what may they see: keys, tokens, scopes, roles, idempotency, the audit log.

Every other domain takes a scope as an argument and never makes one.
"""
