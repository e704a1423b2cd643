-- Money that moves: refunds to customers, credits to merchants, and what banks take back.

create table refunds (
    account_id bigint not null,
    id uuid not null,
    pid text not null,                          -- rf_…
    payment_id uuid not null,
    case_id uuid,                               -- null: for no case, such as of a withdrawal, or made elsewhere and only recorded here
    amount_minor bigint not null check (amount_minor > 0),  -- to the customer
    currency char(3) not null,
    currency_exponent smallint not null,
    payer text not null check (payer in ('merchant', 'platform')),      -- off whose balance
    reason text not null,                       -- why: accepted, offer_accepted, decided, elsewhere, manual …
    method text not null default 'provider' check (method in ('provider', 'manual', 'elsewhere')),
    state text not null check (state in ('pending', 'on_hold', 'succeeded', 'failed', 'canceled')),
    attempt smallint not null default 1,        -- a definite refusal opens the next
    attempt_started_at timestamptz,             -- when this attempt was first sent; null: not yet
    next_try_at timestamptz,                    -- when the job may try again
    tries integer not null default 0,           -- calls of this attempt
    provider text not null,
    provider_refund_ref text,
    failure_code text,
    failure_message text,
    resolution_note text,                       -- by hand: who did what, instead of the provider
    created_at timestamptz not null,
    updated_at timestamptz not null,
    succeeded_at timestamptz,
    constraint refunds_pk primary key (account_id, id)
);
create index refunds_case on refunds (account_id, case_id) where case_id is not null;
create index refunds_created on refunds (account_id, created_at desc, id desc);
create index refunds_everywhere on refunds (created_at desc, id desc);
create index refunds_payment on refunds (account_id, payment_id);
create index refunds_unsettled on refunds (state, next_try_at) where state in ('pending', 'on_hold', 'failed');
create unique index refunds_provider_ref on refunds (account_id, provider, provider_refund_ref) where provider_refund_ref is not null;

create table merchant_credits (
    account_id bigint not null,
    id uuid not null,
    pid text not null,                          -- crdt_…
    case_id uuid not null,
    amount_minor bigint not null check (amount_minor > 0),  -- to the merchant, from the platform
    currency char(3) not null,
    currency_exponent smallint not null,
    state text not null check (state in ('pending', 'on_hold', 'succeeded', 'failed', 'canceled')),
    attempt smallint not null default 1,
    attempt_started_at timestamptz,
    next_try_at timestamptz,
    tries integer not null default 0,
    provider text not null,
    provider_credit_ref text,
    failure_code text,
    failure_message text,
    resolution_note text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    succeeded_at timestamptz,
    constraint merchant_credits_pk primary key (account_id, id)
);
create index merchant_credits_created on merchant_credits (account_id, created_at desc, id desc);
create index merchant_credits_everywhere on merchant_credits (created_at desc, id desc);
create index merchant_credits_case on merchant_credits (account_id, case_id);
create index merchant_credits_unsettled on merchant_credits (state, next_try_at) where state in ('pending', 'on_hold', 'failed');

create table disputes (
    account_id bigint not null,
    id uuid not null,
    pid text not null,                          -- dspt_…
    payment_id uuid not null,
    provider text not null,
    provider_dispute_ref text not null,
    state text not null check (state in ('open', 'won', 'lost')),   -- from the merchant's perspective
    amount_minor bigint not null check (amount_minor > 0),          -- what the customer's bank claims
    counted_minor bigint not null check (counted_minor >= 0),       -- of it, what counts in payments.disputed_minor
    currency char(3) not null,
    currency_exponent smallint not null,
    reason text,
    opened_at timestamptz not null,
    closed_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint disputes_pk primary key (account_id, id),
    constraint disputes_ref_key unique (account_id, provider, provider_dispute_ref)
);
create index disputes_created on disputes (account_id, created_at desc, id desc);
create index disputes_everywhere on disputes (created_at desc, id desc);
create index disputes_open on disputes (created_at desc, id desc) where state = 'open';
create index disputes_payment on disputes (account_id, payment_id);

alter table refunds add constraint refunds_payment_fk foreign key (account_id, payment_id) references payments (account_id, id);
alter table refunds add constraint refunds_case_fk foreign key (account_id, case_id) references cases (account_id, id);
alter table merchant_credits add constraint merchant_credits_case_fk foreign key (account_id, case_id) references cases (account_id, id);
alter table disputes add constraint disputes_payment_fk foreign key (account_id, payment_id) references payments (account_id, id);
