-- Exports: what was asked for, how far it is, and where its file lies until it expires.

create table exports (
    account_id bigint not null,
    id uuid not null,
    pid text not null,                          -- exprt_…
    resource text not null check (resource in ('resolution_center_cases', 'receipts', 'disputes')),
    format text not null check (format in ('csv', 'xlsx', 'jsonl')),
    columns text[] not null check (cardinality(columns) > 0),   -- their keys, in order
    headings text[],                            -- what the first row says instead of the keys; null: the keys
    filters jsonb not null,                     -- as the API takes them
    table_query text,                           -- the table that it was asked for from, as its address says it
    side text not null check (side in ('merchant', 'platform')),    -- who asked, and who alone may see it
    sees_email boolean not null,                -- who asked may read addresses, so that a search finds them
    time_zone text not null,
    with_email boolean not null,                -- has e-mail addresses: there for those only who may read them
    state text not null check (state in ('pending', 'processing', 'completed', 'failed', 'expired')),
    total_rows bigint check (total_rows >= 0),  -- null: not counted yet
    rows_done bigint not null default 0 check (rows_done >= 0),
    size_bytes bigint,
    storage_key text,                           -- where the last run has written, until that is deleted
    error_code text,
    runs smallint not null default 0,           -- how often it was begun, since it was asked for or retried
    run_id uuid,                                -- the run that may finish it: the last one begun
    requested_by text not null,                 -- user_… or key_…
    requested_by_name text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    started_at timestamptz,
    finished_at timestamptz,
    expires_at timestamptz not null,
    constraint exports_pk primary key (account_id, id),
    constraint exports_failed_has_error check ((state = 'failed') = (error_code is not null)),
    constraint exports_completed_has_file check (state <> 'completed' or (storage_key is not null and size_bytes is not null)),
    constraint exports_headings_fit check (headings is null or cardinality(headings) = cardinality(columns))
);
create index exports_created on exports (account_id, created_at desc, id desc);
create index exports_unfinished on exports (created_at) where state in ('pending', 'processing');
create index exports_stored on exports (expires_at) where storage_key is not null;

alter table exports add constraint exports_account_fk foreign key (account_id) references accounts (id);
