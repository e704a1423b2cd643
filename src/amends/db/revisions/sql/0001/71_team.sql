-- Invitations to a team, and the replies that an account keeps.

create table invitations (
    id uuid primary key,
    pid text not null unique,                   -- invt_…
    account_id bigint,                          -- null: to the platform's staff
    email text not null,
    role text not null,
    token_hash bytea not null unique,           -- SHA-256 of the last link's token, which has 256 random bits
    locale text not null,                       -- the language of its mails
    invited_by text not null,                   -- user_… or key_…
    invited_by_name text,
    created_at timestamptz not null,
    sent_at timestamptz not null,
    expires_at timestamptz not null,
    accepted_at timestamptz,
    accepted_by uuid,
    withdrawn_at timestamptz,
    constraint invitations_role_fits check (
        case
            when account_id is null then role in ('reviewer', 'admin')
            else role in ('owner', 'admin', 'support', 'viewer')
        end
    ),
    constraint invitations_end_once check (accepted_at is null or withdrawn_at is null),
    constraint invitations_accepted_by_somebody check ((accepted_at is null) = (accepted_by is null))
);
-- One that waits for each address and place.
create unique index invitations_waiting on invitations (coalesce(account_id, 0), lower(email))
where accepted_at is null and withdrawn_at is null;

create table saved_replies (
    account_id bigint not null,
    id uuid not null,
    pid text not null,                          -- rply_…
    title text not null check (length(title) between 1 and 80),
    title_key text not null,                    -- the title without regard to case
    body text not null check (length(body) between 1 and 10000),
    updated_by text not null,                   -- user_… or key_…
    updated_by_name text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint saved_replies_pk primary key (account_id, id),
    constraint saved_replies_title_key unique (account_id, title_key)
);

alter table invitations add constraint invitations_accepted_fk foreign key (accepted_by) references users (id);
alter table saved_replies add constraint saved_replies_account_fk foreign key (account_id) references accounts (id);
