-- Reference tables: small, the same on every shard.

create table accounts (
    id bigint primary key,                      -- the account number, from account_numbers
    uid uuid not null unique,                   -- makes the public id unguessable
    pid text not null unique,                   -- biz_…
    external_id text not null unique,           -- the integrator's own id
    title text not null check (length(title) between 1 and 200),
    currency char(3) not null,                  -- the currency it mostly trades in, lower-case ISO 4217
    time_zone text not null default 'UTC',
    support_limits jsonb not null default '{}', -- per currency, minor units: what role support may refund on one case
    auto_respond_locked boolean not null default false,     -- by the platform
    auto_respond_lock_reason text,              -- why, for the merchant to read; null: not locked
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create sequence account_numbers as bigint start 1001;

create table policy_versions (
    version integer primary key,
    policy jsonb not null,                      -- every number of the policy; a missing key has its default
    created_at timestamptz not null,
    created_by text not null,                   -- user_…, key_… or amends
    created_by_name text
);

insert into policy_versions (version, policy, created_at, created_by)
values (1, '{}', timestamptz '2026-01-01 00:00:00+00', 'amends');
