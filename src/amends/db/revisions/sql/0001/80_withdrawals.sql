-- Contracts that customers withdrew from within the statutory period (Directive 2011/83/EU, Articles 9 to 11a).

create table withdrawals (
    account_id bigint not null,
    id uuid not null,
    pid text not null,                          -- wdrl_…
    payment_id uuid not null,
    member_id uuid not null,
    user_id uuid not null,
    refund_id uuid not null,                    -- the promise of the money, written with it
    amount_minor bigint not null check (amount_minor > 0),  -- to the customer
    currency char(3) not null,
    currency_exponent smallint not null,
    customer_name text not null check (length(customer_name) between 1 and 200),    -- as stated
    email text not null check (length(email) between 3 and 320),    -- where the confirmation goes, as stated
    product_title text not null,                -- as it was then
    paid_at timestamptz not null,
    period_ends_at timestamptz not null,        -- until when the customer could withdraw
    created_at timestamptz not null,            -- when the statement was received
    constraint withdrawals_pk primary key (account_id, id),
    constraint withdrawals_pid_key unique (account_id, pid),
    constraint withdrawals_payment_key unique (account_id, payment_id)
);
create index withdrawals_created on withdrawals (account_id, created_at desc, id desc);

alter table withdrawals add constraint withdrawals_payment_fk foreign key (account_id, payment_id) references payments (account_id, id);
alter table withdrawals add constraint withdrawals_member_fk foreign key (account_id, member_id) references members (account_id, id);
alter table withdrawals add constraint withdrawals_refund_fk foreign key (account_id, refund_id) references refunds (account_id, id);
