-- Mails: what is written to whom, whether the mail server took it, and what people want to be written about.

create table mail (
    id uuid primary key,
    kind text not null check (kind ~ '^[a-z_]+$'), -- what it is about: reset_password, invitation …
    notice_kind text,                           -- what its receiver can switch off; null: written whatever they chose
    user_id uuid,                               -- null: somebody who is no user yet
    recipient text not null,                    -- an e-mail address
    recipient_name text,
    locale text,                                -- the receiver's; null: not known
    subject text not null,
    letter jsonb not null,                      -- what it says. Links that prove something are not in it
    link_path text,                             -- where its link leads, {token} standing for the token; null: no such link
    link_opens text,                            -- the page behind a link that signs in to one case
    account_id bigint,                          -- what it tells about
    case_pid text,
    event_pid text,
    part text not null default '',              -- tells several mails of one kind about one event apart
    state text not null check (state in ('queued', 'handing_over', 'handed_over', 'refused', 'failed', 'dropped')),
    due_at timestamptz not null,                -- not before; also the mail's own date
    next_try_at timestamptz,                    -- while it is handed over: when another worker may take it for lost
    attempts integer not null default 0,
    answer_code integer,                        -- of the server's last answer, null where it said nothing
    answer text,
    ended_at timestamptz,
    created_at timestamptz not null,
    constraint mail_tried_until_it_ends check ((next_try_at is null) = (ended_at is not null)),
    constraint mail_ends_once check ((ended_at is null) = (state in ('queued', 'handing_over')))
);
-- Of one kind and part, a person gets one mail about an event.
create unique index mail_once on mail (event_pid, coalesce(user_id::text, lower(recipient)), kind, part)
where event_pid is not null;
create index mail_due on mail (next_try_at, id) where next_try_at is not null;
create index mail_created on mail (created_at desc, id desc);
create index mail_case on mail (case_pid, created_at desc, id desc) where case_pid is not null;
create index mail_recipient on mail (lower(recipient) text_pattern_ops, created_at desc, id desc);
create index mail_state on mail (state, created_at desc, id desc);
create index mail_kind on mail (kind, created_at desc, id desc);

create table mail_attempts (
    mail_id uuid not null,
    attempt integer not null,
    began_at timestamptz not null,
    ended_at timestamptz,                       -- null: under way, or lost with its worker
    outcome text check (outcome in ('accepted', 'refused', 'deferred')),
    code integer,
    answer text,
    constraint mail_attempts_pk primary key (mail_id, attempt),
    constraint mail_attempts_ended check ((ended_at is null) = (outcome is null))
);

create table notice_choices (
    user_id uuid not null,
    kind text not null,
    choice text not null check (choice in ('at_once', 'off')),
    chosen_at timestamptz not null,
    constraint notice_choices_pk primary key (user_id, kind)
);

alter table mail_attempts add constraint mail_attempts_mail_fk foreign key (mail_id) references mail (id) on delete cascade;
alter table notice_choices add constraint notice_choices_user_fk foreign key (user_id) references users (id);
