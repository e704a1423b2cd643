-- The merchant's table of cases: what it is searched, narrowed and sorted by, and the views that people keep.

alter table cases add column payment_method_type text;   -- of the payment, as it was when the case was opened

-- What is open, by its due time. Open cases only: an account has few of them, however old it is.
create index cases_stage_due on cases (account_id, status, response_due_at, id) where response_due_at is not null;
-- By last activity, one ordered run for each stage. updated_at leaves internal notes out, as the other side must.
create index cases_stage_activity on cases (account_id, coalesce(outcome, status), updated_at desc, id desc);
create index cases_product on cases (account_id, product_id, created_at desc, id desc);
create index cases_method on cases (account_id, payment_method_type, created_at desc, id desc);
create index cases_amount on cases (account_id, currency, amount_minor, id);
create index cases_assignee on cases (account_id, assignee_id, created_at desc, id desc) where assignee_id is not null;
create index cases_escalated on cases (account_id, created_at desc, id desc) where escalated;
create index cases_closed on cases (account_id, closed_at desc, id desc) where closed_at is not null;

-- Words of names and usernames, each behind its account's number, so that a prefix of one is found within the account.
create index members_words on members using gin (
    array_to_tsvector(string_to_array(
        account_id::text || ':' || regexp_replace(
            lower(left(coalesce(name, '') || ' ' || coalesce(username, ''), 400)),
            '[\s,;()"-]+', ' ' || account_id::text || ':', 'g'
        ), ' '
    ))
);
create index members_email on members (account_id, lower(email) text_pattern_ops) where email is not null;

-- What the filter of products offers first.
create index products_title on products (account_id, title, id);

create table saved_views (
    account_id bigint not null,
    id uuid not null,
    pid text not null,                          -- view_…
    owner text not null,                        -- whose it is: user_…, nobody else sees it; as in files
    name text not null check (length(name) between 1 and 80),
    name_key text not null,                     -- the name without regard to case
    query text not null,                        -- as the table's address has it
    columns text[] not null default '{}',       -- in their order; empty: the person's own
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint saved_views_pk primary key (account_id, id),
    constraint saved_views_name_key unique (account_id, owner, name_key)
);

alter table saved_views add constraint saved_views_account_fk foreign key (account_id) references accounts (id);
