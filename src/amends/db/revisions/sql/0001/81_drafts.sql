-- Problems that customers are still writing down: a customer's own, not the account's, until they are sent.

create table case_drafts (
    user_id uuid not null,
    payment_pid text not null,                  -- pay_…
    token text not null,                        -- what makes sending it twice once
    revision integer not null check (revision > 0),     -- counts what was kept
    fields jsonb not null,                      -- by name, as it was typed
    file_ids uuid[] not null default '{}',      -- in their order
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint case_drafts_pk primary key (user_id, payment_pid)
);
create index case_drafts_updated on case_drafts (updated_at);

alter table case_drafts add constraint case_drafts_user_fk foreign key (user_id) references users (id);
