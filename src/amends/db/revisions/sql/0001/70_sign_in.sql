-- Ordinary tables: how people sign in, and what they prefer.

create table sessions (
    id uuid primary key,
    token_hash bytea not null unique,           -- SHA-256 of the cookie's token, which has 256 random bits
    user_id uuid not null,
    signed_in_by text not null,                 -- password, totp, recovery_code, link …: shown in the list of sessions
    only_case text,                             -- a case's public id: opens that case and nothing else
    embedded boolean not null default false,    -- in a frame of the platform's site: the customer's pages alone
    user_agent text,
    ip text,
    created_at timestamptz not null,
    last_seen_at timestamptz not null,          -- to the minute
    expires_at timestamptz not null             -- however busy
);
create index sessions_user on sessions (user_id, last_seen_at desc);
create index sessions_age on sessions (last_seen_at);

create table totp_secrets (
    user_id uuid primary key,
    sealed bytea not null,                      -- AES-256-GCM under a key derived from AMENDS_SECRET_KEY
    confirmed_at timestamptz,                   -- null: shown, not yet proven
    last_step bigint not null default 0,        -- RFC 6238's T of the last code that was taken: none is taken twice
    created_at timestamptz not null
);

create table recovery_codes (
    user_id uuid not null,
    code_hash bytea not null,
    created_at timestamptz not null,
    used_at timestamptz,
    constraint recovery_codes_pk primary key (user_id, code_hash)
);

create table sign_in_links (
    token_hash bytea primary key,
    user_id uuid not null,
    purpose text not null check (purpose in ('sign_in', 'reset_password', 'invitation', 'notice', 'embed')),
    path text not null,                         -- where it leads, on our own origin
    case_pid text,                              -- opens this case alone
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,                        -- for the first time; a notice's works again, all others are over then
    ended_at timestamptz,                       -- made worthless before its time
    constraint sign_in_links_notices_open_a_case check (purpose <> 'notice' or case_pid is not null)
);
create index sign_in_links_user on sign_in_links (user_id);
create index sign_in_links_age on sign_in_links (expires_at);

create table oidc_identities (
    issuer text not null,
    subject text not null,                      -- whom the identity provider calls so, for ever
    user_id uuid not null,
    email text,                                 -- by which they were found; it may change there
    linked_at timestamptz not null,
    constraint oidc_identities_pk primary key (issuer, subject),
    constraint oidc_identities_user_key unique (issuer, user_id)
);

create table oidc_states (
    state_hash bytea primary key,               -- of an attempt that has come back: none comes back twice
    expires_at timestamptz not null
);
create index oidc_states_age on oidc_states (expires_at);

create table user_preferences (
    user_id uuid primary key,
    preferences jsonb not null default '{}',
    updated_at timestamptz not null
);

create index users_email on users (lower(email));

alter table sessions add constraint sessions_user_fk foreign key (user_id) references users (id);
alter table totp_secrets add constraint totp_secrets_user_fk foreign key (user_id) references users (id);
alter table recovery_codes add constraint recovery_codes_user_fk foreign key (user_id) references users (id);
alter table sign_in_links add constraint sign_in_links_user_fk foreign key (user_id) references users (id);
alter table user_preferences add constraint user_preferences_user_fk foreign key (user_id) references users (id);
alter table oidc_identities add constraint oidc_identities_user_fk foreign key (user_id) references users (id);
