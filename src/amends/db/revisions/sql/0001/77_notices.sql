-- What people are told of a case: what is still to be told, who was told of what, reminders, and the daily digest.

-- An event that nobody was told of yet; written with the event, deleted with the mails that tell of it.
create table case_notices (
    account_id bigint not null,
    case_id uuid not null,
    event_id uuid not null,
    transition smallint not null,               -- the row of the transition table that wrote the event
    created_at timestamptz not null,            -- when the event happened
    constraint case_notices_pk primary key (account_id, case_id, event_id)
);
create index case_notices_waiting on case_notices (created_at);

-- Who was told of an event, and by which mail; one mail may tell of several events.
create table case_letters (
    account_id bigint not null,
    case_id uuid not null,
    event_id uuid not null,
    user_id uuid not null,
    mail_id uuid not null,
    created_at timestamptz not null,
    constraint case_letters_pk primary key (account_id, case_id, event_id, user_id)
);
create index case_letters_mail on case_letters (account_id, mail_id);

-- Who was reminded of a due time, and how long before; once for each.
create table case_reminders (
    account_id bigint not null,
    case_id uuid not null,
    user_id uuid not null,
    due_at timestamptz not null,
    lead_hours smallint not null,               -- how long before the due time: 72, 24 or 3
    mail_id uuid not null,
    created_at timestamptz not null,
    constraint case_reminders_pk primary key (account_id, case_id, user_id, due_at, lead_hours)
);

-- The last morning for which a person's digest of an account was looked at. An ordinary table, as team_members is.
create table digests (
    user_id uuid not null,
    account_id bigint not null,
    day date not null,                          -- in the person's time zone
    until timestamptz not null,                 -- what happened up to here was looked at
    mail_id uuid,                               -- null: there was nothing to say
    constraint digests_pk primary key (user_id, account_id)
);

alter table case_notices add constraint case_notices_case_fk foreign key (account_id, case_id) references cases (account_id, id);
alter table case_letters add constraint case_letters_case_fk foreign key (account_id, case_id) references cases (account_id, id);
alter table case_reminders add constraint case_reminders_case_fk foreign key (account_id, case_id) references cases (account_id, id);
alter table digests add constraint digests_user_fk foreign key (user_id) references users (id);
