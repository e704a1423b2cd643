-- What a stream has missed is found by when a case was last active; lists are sorted by it as well.

create index cases_activity on cases (account_id, last_activity_at desc, id desc);
