-- Ordinary tables: who calls, what they uploaded, what the outside world said, and the work to do.

create table users (
    id uuid primary key,
    pid text not null unique,                   -- user_…
    external_id text not null unique,           -- the host platform's own id; a token's subject
    name text,
    username text,
    email text,
    time_zone text not null default 'UTC',
    locale text not null default 'en',
    created_at timestamptz not null,
    updated_at timestamptz not null
);

-- The directory: at which accounts a user is a member. A customer's own list goes over these.
create table user_accounts (
    user_id uuid not null,
    account_id bigint not null,
    constraint user_accounts_pk primary key (user_id, account_id)
);

create table team_members (
    account_id bigint not null,
    user_id uuid not null,
    role text not null check (role in ('owner', 'admin', 'support', 'viewer')),
    created_at timestamptz not null,
    constraint team_members_pk primary key (account_id, user_id)
);
create index team_members_user on team_members (user_id);

create table platform_staff (
    user_id uuid primary key,
    role text not null check (role in ('reviewer', 'admin')),
    created_at timestamptz not null
);

create table passwords (
    user_id uuid primary key,
    argon2 text not null,
    updated_at timestamptz not null
);

create table api_keys (
    id uuid primary key,
    pid text not null unique,                   -- key_…
    account_id bigint,                          -- null: platform-wide
    name text not null,
    scopes text[] not null,
    token_hash bytea not null unique,           -- SHA-256 of the token, which has 256 random bits
    token_hint text not null,                   -- its last four characters
    created_by text not null,
    created_at timestamptz not null,
    expires_at timestamptz,
    last_used_at timestamptz,                   -- to the minute
    revoked_at timestamptz
);
create index api_keys_account on api_keys (account_id, created_at desc);

create table idempotency_keys (
    principal text not null,
    operation text not null,                    -- method and path
    key text not null,
    request_hash bytea not null,
    status smallint not null,                   -- written by the command's own transaction; while it runs, a lock says so
    body bytea not null,
    created_at timestamptz not null,
    constraint idempotency_keys_pk primary key (principal, operation, key)
);
create index idempotency_keys_age on idempotency_keys (created_at);

create table guesses (                          -- exact limits against guessing
    bucket text not null,
    window_start timestamptz not null,
    n integer not null,
    constraint guesses_pk primary key (bucket, window_start)
);

create table audit_log (
    id uuid primary key,
    account_id bigint,
    principal text not null,
    principal_name text,
    action text not null,
    subject text,                               -- the public id it was done to
    details jsonb not null default '{}',
    ip text,
    created_at timestamptz not null
);
create index audit_log_time on audit_log (created_at desc, id desc);

create table files (
    id uuid primary key,
    pid text not null unique,                   -- file_…
    owner text not null,                        -- user_…; biz_… for every key of that account; platform for platform keys
    filename text not null,
    declared_bytes bigint,
    upload_status text not null check (upload_status in ('pending', 'processing', 'ready', 'failed')),
    failure text,
    multipart_upload_id text,
    content_type text,
    size_bytes bigint,
    width integer,
    height integer,
    storage_key text,
    thumbnail_key text,
    attached_to text,                           -- the event's public id; set once
    attached_at timestamptz,
    kept_until timestamptz,                     -- for a draft that names it; null: for a day
    swept_at timestamptz,                       -- looked at once, a day after its creation
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index files_owner on files (owner, created_at desc, id desc);
create index files_waiting on files (owner) where attached_to is null;
create index files_unswept on files (created_at) where swept_at is null;

create table file_parts (
    file_id uuid not null,
    part_number integer not null check (part_number between 1 and 10000),
    etag text not null,
    size_bytes bigint not null,
    storage_key text not null,
    constraint file_parts_pk primary key (file_id, part_number)
);

-- provider's id → whose it is
create table provider_refs (
    provider text not null,
    ref text not null,
    account_id bigint not null,
    payment_id uuid not null,
    constraint provider_refs_pk primary key (provider, ref)
);

create table provider_events (
    provider text not null,
    event_id text not null,
    kind text not null,
    body jsonb not null,
    received_at timestamptz not null,
    next_try_at timestamptz,                    -- when the sweep looks again; null: applied, or given up
    tries integer not null default 0,
    applied_at timestamptz,
    failure text,                               -- why it is not applied yet: unknown_payment …
    constraint provider_events_pk primary key (provider, event_id)
);
create index provider_events_unapplied on provider_events (received_at) where applied_at is null;
create index provider_events_due on provider_events (next_try_at) where next_try_at is not null;

create table imports (
    id uuid primary key,
    pid text not null unique,                   -- impt_…
    account_id bigint,                          -- null: platform-wide
    format text not null check (format in ('ndjson', 'csv')),
    kind text,                                  -- the table of a CSV
    state text not null check (state in ('running', 'completed', 'failed')),
    lines bigint not null default 0,
    landed bigint not null default 0,
    unchanged bigint not null default 0,
    rejected bigint not null default 0,
    failure text,                               -- why it stopped early
    created_by text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,            -- of the last batch: who came no further for an hour was killed
    finished_at timestamptz
);
create index imports_running on imports (updated_at) where state = 'running';

create table import_rejections (
    import_id uuid not null,
    line bigint not null,
    field text,
    reason text not null,
    constraint import_rejections_pk primary key (import_id, line)
);

-- Each day's heads of all timelines, signed: what `amends verify` compares with.
create table chain_digests (
    account_id bigint not null,
    day date not null,
    heads_hash bytea not null,
    cases bigint not null,
    signature bytea not null,
    created_at timestamptz not null,
    constraint chain_digests_pk primary key (account_id, day)
);

alter table user_accounts add constraint user_accounts_user_fk foreign key (user_id) references users (id);
alter table team_members add constraint team_members_user_fk foreign key (user_id) references users (id);
alter table platform_staff add constraint platform_staff_user_fk foreign key (user_id) references users (id);
alter table passwords add constraint passwords_user_fk foreign key (user_id) references users (id);
alter table file_parts add constraint file_parts_file_fk foreign key (file_id) references files (id);
alter table import_rejections add constraint import_rejections_import_fk foreign key (import_id) references imports (id);
