-- What an account owns besides its cases. Every key begins with account_id, so that an account is one shard.

create table products (
    account_id bigint not null,
    id uuid not null,
    pid text not null,                          -- prod_…
    external_id text not null,
    title text not null check (length(title) between 1 and 500),
    withdrawal_right boolean not null default false,    -- customers may withdraw from the contract within 14 days; the platform's to say
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint products_pk primary key (account_id, id),
    constraint products_external_id_key unique (account_id, external_id),
    constraint products_pid_key unique (account_id, pid)
);

create table plans (
    account_id bigint not null,
    id uuid not null,
    pid text not null,                          -- plan_…
    external_id text not null,
    product_id uuid,
    title text,
    billing_period_days integer check (billing_period_days > 0),    -- null: one-time
    cancel_before_hours integer check (cancel_before_hours >= 0),   -- notice needed before a renewal; null: none
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint plans_pk primary key (account_id, id),
    constraint plans_external_id_key unique (account_id, external_id),
    constraint plans_pid_key unique (account_id, pid)
);

-- A user at an account, with the copy of the user that the account may see.
create table members (
    account_id bigint not null,
    id uuid not null,
    pid text not null,                          -- mem_…
    external_id text not null,
    user_id uuid not null,
    user_pid text not null,                     -- user_…
    name text,
    username text,
    email text,
    time_zone text,
    joined_at timestamptz not null,
    ended_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint members_pk primary key (account_id, id),
    constraint members_external_id_key unique (account_id, external_id),
    constraint members_user_id_key unique (account_id, user_id)
);

create table payments (
    account_id bigint not null,
    id uuid not null,
    pid text not null,                          -- pay_…
    external_id text not null,
    member_id uuid not null,
    user_id uuid not null,
    product_id uuid,
    plan_id uuid,
    status text not null check (status in ('pending', 'paid', 'failed')),
    currency char(3) not null,
    currency_exponent smallint not null check (currency_exponent between 0 and 4),  -- as it was when the payment was recorded
    amount_minor bigint not null check (amount_minor > 0),          -- what the customer paid
    refunded_minor bigint not null default 0 check (refunded_minor >= 0),   -- went back to the customer
    refund_reserved_minor bigint not null default 0 check (refund_reserved_minor >= 0), -- promised to the customer, on its way
    disputed_minor bigint not null default 0 check (disputed_minor >= 0),   -- held or taken back by the customer's bank
    open_disputes smallint not null default 0 check (open_disputes >= 0),   -- bank disputes that are open, of whatever amount
    lost_disputes smallint not null default 0 check (lost_disputes >= 0),   -- bank disputes that the merchant lost
    paid_at timestamptz,
    payment_method_type text,                   -- card, paypal, financing, …
    card_brand text,
    card_last4 text check (card_last4 ~ '^[0-9]{4}$'),
    is_renewal boolean not null default false,
    period_start timestamptz,
    period_end timestamptz,
    line_items jsonb not null default '[]',     -- [{id, label, plan_id, product_id (public ids), quantity, sku, subtotal_minor}]
    provider text not null default 'sandbox',
    provider_ref text,                          -- the payment's id at the provider; null: payment pid
    withdrawn_at timestamptz,                   -- when the customer withdrew from the contract
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint payments_pk primary key (account_id, id),
    constraint payments_external_id_key unique (account_id, external_id),
    constraint payments_not_over_refunded check (refunded_minor + refund_reserved_minor + disputed_minor <= amount_minor),
    constraint payments_paid_has_time check (status <> 'paid' or paid_at is not null)
);
create index payments_member on payments (account_id, member_id, paid_at desc);
create index payments_user on payments (account_id, user_id, paid_at desc);
create index payments_created on payments (account_id, created_at desc, id desc);

create table activity (
    account_id bigint not null,
    id uuid not null,
    pid text not null,                          -- actv_…
    external_id text,                           -- the integrator's own id, when it has one
    member_id uuid not null,
    kind text not null check (kind ~ '^[a-z][a-z0-9_]{0,63}$'),
    occurred_at timestamptz not null,           -- when it happened; the log is ordered by it
    product_id uuid,
    payment_id uuid,
    details jsonb not null default '{}',
    created_at timestamptz not null,
    constraint activity_pk primary key (account_id, created_at, id)
);
create index activity_member on activity (account_id, member_id, occurred_at desc, id desc);
create index activity_time on activity (account_id, occurred_at desc, id desc);
-- Not unique, so that the table can be partitioned: writers of one id take turns by an advisory lock.
create index activity_external_id on activity (account_id, external_id) where external_id is not null;

alter table plans add constraint plans_product_fk foreign key (account_id, product_id) references products (account_id, id);
alter table payments add constraint payments_member_fk foreign key (account_id, member_id) references members (account_id, id);
alter table payments add constraint payments_product_fk foreign key (account_id, product_id) references products (account_id, id);
alter table payments add constraint payments_plan_fk foreign key (account_id, plan_id) references plans (account_id, id);
alter table activity add constraint activity_member_fk foreign key (account_id, member_id) references members (account_id, id);
alter table products add constraint products_account_fk foreign key (account_id) references accounts (id);
alter table plans add constraint plans_account_fk foreign key (account_id) references accounts (id);
alter table members add constraint members_account_fk foreign key (account_id) references accounts (id);
