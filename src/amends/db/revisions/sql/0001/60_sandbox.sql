-- The built-in payment provider's own memory. Nothing of Amends reads it but the sandbox provider, over its own connections.

create schema sandbox;

-- How the sandbox behaves on a payment; no row: it succeeds.
create table sandbox.behaviours (
    payment_ref text primary key,
    kind text not null check (kind in (
        'succeed', 'decline', 'slow', 'timeout_after_refund', 'fail_n_times', 'late_event', 'answer_twice'
    )),
    times_left integer not null,                -- how many calls it still affects; each counts down
    delay_ms integer not null default 0,        -- slow: before the answer; late_event: before the event
    code text,                                  -- decline and fail_n_times: the refusal's code; null: no answer at all
    limit_minor bigint                          -- what the payment can give back in all; null: the sandbox does not know
);

-- The idempotency memory: what was asked and answered under a key. Forgotten after 24 hours, as elsewhere.
create table sandbox.calls (
    key text primary key,
    request jsonb not null,
    answer jsonb not null,
    created_at timestamptz not null
);

-- Money that went back to a customer. What is here has moved.
create table sandbox.refunds (
    ref text primary key,
    payment_ref text not null,
    amount_minor bigint not null check (amount_minor > 0),  -- to the customer
    currency char(3) not null,
    payer text not null,
    our_id text,                                -- from the call's metadata; null: made elsewhere
    attempt integer,
    state text not null check (state in ('pending', 'succeeded', 'failed')),
    created_at timestamptz not null
);
create index refunds_our_id on sandbox.refunds (our_id) where our_id is not null;
create index refunds_payment on sandbox.refunds (payment_ref);
create index refunds_created on sandbox.refunds (created_at, ref);

-- Money that the platform gave a merchant.
create table sandbox.credits (
    ref text primary key,
    account_ref text not null,
    amount_minor bigint not null check (amount_minor > 0),  -- to the merchant
    currency char(3) not null,
    our_id text not null,
    attempt integer not null,
    state text not null check (state in ('pending', 'succeeded', 'failed')),
    created_at timestamptz not null
);
create index credits_our_id on sandbox.credits (our_id);

create table sandbox.disputes (
    ref text primary key,
    payment_ref text not null,
    amount_minor bigint not null check (amount_minor > 0),  -- what the customer's bank claims
    currency char(3) not null,
    reason text,
    state text not null check (state in ('open', 'won', 'lost')),
    opened_at timestamptz not null,
    closed_at timestamptz
);

-- Events on their way to us: written with the change that they tell, delivered afterwards.
create table sandbox.events (
    id text primary key,
    body jsonb not null,
    copies integer not null default 1,          -- how often it is delivered
    deliver_at timestamptz not null,
    delivered_at timestamptz
);
create index events_due on sandbox.events (deliver_at) where delivered_at is null;
