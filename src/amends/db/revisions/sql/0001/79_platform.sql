-- What the platform's pages count: by day, and summed up by period. Made anew from cases, payments and disputes by a job.

create table account_days (
    account_id bigint not null,
    day date not null,                          -- in UTC
    payments integer not null,                  -- paid on this day
    cases integer not null,                     -- opened
    merchant_won integer not null,              -- closed on this day, by how they ended
    customer_won integer not null,
    settled integer not null,
    withdrawn integer not null,
    disputes integer not null,                  -- bank disputes opened
    refunds integer not null,                   -- arrived
    answered integer not null,                  -- of the cases opened on this day, those that the merchant has answered
    answer_ms bigint not null,                  -- how long they waited for it, all together
    constraint account_days_pk primary key (account_id, day)
);

create table account_rates (
    account_id bigint not null,
    days smallint not null check (days in (30, 90, 365)),   -- the days before counted_at, the last one included
    payments integer not null,
    cases integer not null,
    merchant_won integer not null,
    customer_won integer not null,
    settled integer not null,
    withdrawn integer not null,
    disputes integer not null,
    refunds integer not null,
    answered integer not null,
    answer_ms bigint not null,
    counted_at timestamptz not null,
    counted_in_full_at timestamptz not null,    -- when every day was counted anew, not the last ones alone
    constraint account_rates_pk primary key (account_id, days)
);

create index payments_paid on payments (account_id, paid_at) where status = 'paid';
create index refunds_succeeded on refunds (account_id, succeeded_at) where succeeded_at is not null;
create index disputes_opened on disputes (account_id, opened_at);
-- Decisions across accounts, by when they were made: the statistics of reviewers.
create index case_decisions_everywhere on case_decisions (created_at desc, id desc);

alter table account_days add constraint account_days_account_fk foreign key (account_id) references accounts (id);
alter table account_rates add constraint account_rates_account_fk foreign key (account_id) references accounts (id);

-- The audit log by what somebody looks for in it, the newest first.
create index audit_log_action on audit_log (action, created_at desc, id desc);
create index audit_log_subject on audit_log (subject, created_at desc, id desc) where subject is not null;
create index audit_log_principal on audit_log (principal, created_at desc, id desc);
create index audit_log_account on audit_log (account_id, created_at desc, id desc) where account_id is not null;
