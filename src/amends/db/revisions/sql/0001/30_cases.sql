-- Cases and what hangs on them.

create table cases (
    account_id bigint not null,
    id uuid not null,
    pid text not null,                          -- reso_…
    payment_id uuid not null,
    member_id uuid not null,
    user_id uuid not null,                      -- the buyer
    product_id uuid,
    plan_id uuid,
    reason text not null,
    amount_minor bigint not null check (amount_minor > 0),  -- the amount in question: what the customer paid
    currency char(3) not null,
    currency_exponent smallint not null,
    answers jsonb,                              -- the reason's structured questions, as answered
    requested_remedy jsonb,                     -- {kind: full_refund | partial_refund | other, amount_minor?, text?}
    policy_version integer not null,

    -- the state: one column for each field of lifecycle.CaseState
    status text not null check (status in ('awaiting_merchant', 'awaiting_customer', 'under_review', 'closed')),
    outcome text check (outcome in ('customer_won', 'merchant_won', 'withdrawn', 'settled')),
    refund text check (refund in ('none', 'merchant', 'platform')),
    settlement text not null default 'none' check (settlement in ('none', 'pending', 'on_hold', 'succeeded', 'failed')),
    escalated boolean not null default false,
    customer_appealed boolean not null default false,
    merchant_appealed boolean not null default false,
    response_due_at timestamptz,
    appeal_due_at timestamptz,
    negotiation_ends_at timestamptz,
    paused_left_ms bigint,
    negotiation_left_ms bigint,
    auto_accept_at timestamptz,
    requests_used smallint not null default 0,
    merchant_offers smallint not null default 0,
    customer_offers smallint not null default 0,
    merchant_comments smallint not null default 0,
    customer_comments smallint not null default 0,
    merchant_answered boolean not null default false,
    offer_maker text check (offer_maker in ('merchant', 'customer')),
    offer_amount_minor bigint check (offer_amount_minor > 0),   -- to the customer; null: no open offer, or words only
    offer_has_remedy boolean,
    settled_with_remedy boolean not null default false,
    platform_decided boolean not null default false,
    decided_payer text check (decided_payer in ('none', 'merchant', 'platform')),
    dispute text not null default 'none' check (dispute in ('none', 'open', 'won', 'lost')),

    deadline_at timestamptz,                    -- when the system must look again: the least of the clocks
    remind_at timestamptz,                      -- when whoever's turn it is is reminded of the due time next
    open_offer_id uuid,
    first_reviewer_id text,                     -- who decided first (public id): never decides the appeal too
    assignee_id text,                           -- of the merchant's team: user_…
    assignee_name text,
    reviewer_id text,                           -- of the platform's staff: user_…
    reviewer_name text,
    version integer not null default 1,
    event_count integer not null default 0,
    head_hash bytea not null,                   -- of the timeline's last event
    created_at timestamptz not null,
    updated_at timestamptz not null,
    last_activity_at timestamptz not null,
    closed_at timestamptz,
    constraint cases_pk primary key (account_id, id),
    constraint cases_one_per_payment unique (account_id, payment_id),
    constraint cases_closed_has_outcome check ((status = 'closed') = (outcome is not null)),
    constraint cases_outcome_has_refund check ((outcome is null) = (refund is null)),
    constraint cases_closed_has_time check ((status = 'closed') = (closed_at is not null)),
    constraint cases_open_has_due check (
        status = 'closed' or dispute = 'open' or response_due_at is not null
    )
);
create index cases_created on cases (account_id, created_at desc, id desc);
-- One ordered run for each stage (the status, or how it ended) and reason, so that a rare one is found without a scan.
create index cases_stage on cases (account_id, coalesce(outcome, status), reason, created_at desc, id desc);
create index cases_due on cases (account_id, response_due_at, id) where response_due_at is not null;
create index cases_user on cases (account_id, user_id, created_at desc);
create index cases_deadline on cases (deadline_at) where deadline_at is not null;
create index cases_remind on cases (remind_at) where remind_at is not null;
create index cases_everywhere on cases (coalesce(outcome, status), created_at desc, id desc);
create index cases_paused on cases (account_id, created_at desc, id desc) where response_due_at is null and outcome is null;
create index cases_due_everywhere on cases (coalesce(outcome, status), response_due_at, id) where response_due_at is not null;

-- Append-only: the application's role may insert and select, nothing else.
create table case_events (
    account_id bigint not null,
    case_id uuid not null,
    id uuid not null,
    pid text not null,                          -- revt_…
    position integer not null check (position > 0),     -- 1, 2, 3 … within the case
    kind text not null,
    actor text not null check (actor in ('customer', 'merchant', 'platform', 'system')),
    actor_id text,                              -- the principal: user_…, key_…; null for the system
    actor_name text,                            -- as it was then
    action text not null,                       -- the transition table's action
    viewable_by_customer boolean not null,
    viewable_by_merchant boolean not null,
    data jsonb not null default '{}',           -- amounts, offer id, decision: facts, never free text
    text_digest bytea,                          -- SHA-256 of salt and free text; null: no text
    previous_hash bytea not null,
    hash bytea not null,                        -- SHA-256 of previous_hash and the canonical JSON of the row
    created_at timestamptz not null,
    constraint case_events_pk primary key (account_id, case_id, created_at, id),
    constraint case_events_position_key unique (account_id, case_id, created_at, position)
);

-- Free text of an event: the only part of the timeline that can be erased.
create table case_event_texts (
    account_id bigint not null,
    case_id uuid not null,
    event_id uuid not null,
    salt bytea not null,
    texts jsonb not null,                       -- {message?, remedy?, to_customer?, to_merchant?, …}
    constraint case_event_texts_pk primary key (account_id, case_id, event_id)
);

create table case_attachments (
    account_id bigint not null,
    case_id uuid not null,
    event_id uuid not null,
    id uuid not null,
    pid text not null,                          -- att_…
    file_id uuid not null,                      -- a file is attached at most once: files.attached_to says where
    filename text not null,
    content_type text not null,
    size_bytes bigint not null,
    viewable_by_customer boolean not null,
    viewable_by_merchant boolean not null,
    created_at timestamptz not null,
    constraint case_attachments_pk primary key (account_id, case_id, event_id, id)
);

create table case_offers (
    account_id bigint not null,
    case_id uuid not null,
    id uuid not null,
    pid text not null,                          -- offr_…
    maker text not null check (maker in ('merchant', 'customer')),
    amount_minor bigint check (amount_minor > 0),       -- to the customer; null: a remedy in words only
    remedy text,
    status text not null check (status in ('open', 'accepted', 'declined', 'replaced', 'withdrawn', 'expired', 'lapsed')),
    expires_at timestamptz,
    created_at timestamptz not null,
    ended_at timestamptz,
    constraint case_offers_pk primary key (account_id, case_id, id),
    constraint case_offers_has_content check (amount_minor is not null or remedy is not null),
    constraint case_offers_ended check ((status = 'open') = (ended_at is null))
);
create unique index case_offers_one_open on case_offers (account_id, case_id) where status = 'open';

create table case_decisions (
    account_id bigint not null,
    case_id uuid not null,
    id uuid not null,
    pid text not null,                          -- deci_…
    event_id uuid not null,
    outcome text not null check (outcome in ('customer_won', 'merchant_won')),
    payer text not null check (payer in ('none', 'merchant', 'platform')),
    amount_minor bigint,                        -- to the customer; null: none
    reason_code text not null,
    on_appeal boolean not null,
    reviewer_id text not null,
    reviewer_name text,
    to_customer text not null,
    to_merchant text not null,
    evidence jsonb not null,                    -- public ids of the events and attachments that the decision relies on
    override_note text,
    created_at timestamptz not null,
    constraint case_decisions_pk primary key (account_id, case_id, id)
);

-- Counts for tabs: folded totals, and deltas written with each change.
create table case_counts (
    account_id bigint not null,
    status text not null,
    reason text not null,
    outcome text not null,                      -- '' while open
    n bigint not null,
    constraint case_counts_pk primary key (account_id, status, reason, outcome)
);

create table case_count_deltas (
    account_id bigint not null,
    id uuid not null,
    status text not null,
    reason text not null,
    outcome text not null,
    n smallint not null,
    constraint case_count_deltas_pk primary key (account_id, id)
);

alter table cases add constraint cases_payment_fk foreign key (account_id, payment_id) references payments (account_id, id);
alter table cases add constraint cases_member_fk foreign key (account_id, member_id) references members (account_id, id);
alter table cases add constraint cases_product_fk foreign key (account_id, product_id) references products (account_id, id);
alter table cases add constraint cases_plan_fk foreign key (account_id, plan_id) references plans (account_id, id);
alter table case_events add constraint case_events_case_fk foreign key (account_id, case_id) references cases (account_id, id);
alter table case_event_texts add constraint case_event_texts_case_fk foreign key (account_id, case_id) references cases (account_id, id);
alter table case_attachments add constraint case_attachments_case_fk foreign key (account_id, case_id) references cases (account_id, id);
alter table case_offers add constraint case_offers_case_fk foreign key (account_id, case_id) references cases (account_id, id);
alter table case_decisions add constraint case_decisions_case_fk foreign key (account_id, case_id) references cases (account_id, id);
