-- What the platform's reviewers decide by: the catalogue of reasons, and the order in which cases wait for them.

create table reason_codes (
    code text primary key check (code ~ '^[a-z][a-z0-9_]{1,63}$'),  -- never changes: decisions keep it
    title text not null check (length(title) between 1 and 80),     -- both sides read it
    when_to_use text not null,                                      -- reviewers alone read it
    fits text[] not null check (fits <@ array['customer_won', 'merchant_won', 'upheld', 'reversed']),
    to_customer text not null default '',       -- a template; empty: nothing is filled in
    to_merchant text not null default '',
    translations jsonb not null default '{}',   -- by language: title, to_customer, to_merchant; what is empty is as above
    version integer not null default 1,
    retired_at timestamptz,                     -- no new decision takes it; old ones keep it
    created_at timestamptz not null,
    updated_at timestamptz not null,
    updated_by text not null,
    updated_by_name text
);

insert into reason_codes (code, title, when_to_use, fits, to_customer, to_merchant, created_at, updated_at, updated_by)
select s.code, s.title, s.when_to_use, s.fits, s.to_customer, s.to_merchant,
    timestamptz '2026-01-01 00:00:00+00', timestamptz '2026-01-01 00:00:00+00', 'amends'
from (values
    ('not_delivered', 'Not delivered',
        'Nothing shows that the customer got what was paid for, or could reach it: no delivery record, no access, no use after the payment.',
        array['customer_won', 'upheld'],
        'We looked at everything that you and {account} sent us. Nothing shows that you received {product}, or that you could use it. We therefore decided in your favor.',
        'We found no record that {product} reached the customer: no confirmed delivery, and no use after the payment. Without such a record we decide for the customer.'),
    ('delivered_in_part', 'Delivered in part',
        'A part was delivered and is worth something to the customer. Refund what is missing, not the whole amount.',
        array['customer_won', 'upheld'],
        'A part of {product} did not reach you, and {account} has not made up for it. You get back what is missing; what you did receive stays paid.',
        'Only a part of {product} was delivered. The refund covers what is missing, and you keep the rest of the payment.'),
    ('not_as_described', 'Not as described',
        'What was delivered differs from the page, the checkout or what the merchant wrote, in a way that mattered for buying it.',
        array['customer_won', 'upheld'],
        'We compared {product} with how it was offered when you bought it. It differs in a way that matters, so we decided in your favor.',
        'The offer of {product} promised something that the customer did not get. Please correct the description, so that others are not disappointed.'),
    ('unusable', 'Does not work',
        'It was delivered and does not work for its purpose, and the merchant did not repair or replace it in reasonable time.',
        array['customer_won', 'upheld'],
        '{product} does not work as it should, and you gave {account} the chance to put it right. We therefore decided in your favor.',
        'The customer has shown that {product} does not work, and it was not repaired or replaced in reasonable time.'),
    ('canceled_in_time', 'Canceled in time',
        'The cancellation came before the deadline that the plan states, and the renewal was charged all the same.',
        array['customer_won', 'upheld'],
        'Your cancellation came in time. The renewal of {product} should not have been charged, so we decided in your favor.',
        'The cancellation came before the deadline of the plan, so the renewal should not have been charged.'),
    ('unclear_terms', 'Terms were not clear',
        'The renewal, the price or the refund policy was not stated clearly before the payment, or was not accepted.',
        array['customer_won', 'upheld'],
        'Before you paid, it was not stated clearly enough what you agreed to. We therefore decided in your favor.',
        'Nothing shows that the customer saw and accepted these terms before the payment. Please state them at checkout and keep a record of it.'),
    ('duplicate', 'Paid twice',
        'A second payment for the same thing, made by mistake or charged twice, and not used.',
        array['customer_won', 'upheld'],
        'You paid for {product} twice. We decided that the second payment goes back to you.',
        'This is a second payment for the same purchase. The first one is not touched.'),
    ('credit_not_processed', 'Promised refund was not made',
        'The merchant agreed in writing to give money back, or its own policy says so, and it was not done.',
        array['customer_won', 'upheld'],
        '{account} had promised you a refund that did not arrive. We decided in your favor, so that it is made now.',
        'You had promised this refund, or your own policy gives a right to it, and it was not made.'),
    ('not_authorized', 'Not authorized by the customer',
        'Somebody else paid: a stolen card, a taken-over account, a child. There is no sign that the customer used the purchase.',
        array['customer_won', 'upheld'],
        'We believe that somebody else made this payment. We decided in your favor. Please change your password, and tell your bank if your card is no longer in your hands.',
        'The payment was not made by the owner of the card or account. A refund now spares you a dispute at the bank.'),
    ('merchant_silent', 'No answer from the merchant',
        'The merchant did not answer the claim or our question in time, and nothing else speaks against the claim.',
        array['customer_won', 'upheld'],
        '{account} did not answer in time, and nothing speaks against what you told us. We therefore decided in your favor.',
        'We did not hear from you in time. Without your side we decide on what is there, and that supports the customer.'),
    ('delivered_and_used', 'Delivered and used',
        'The log shows delivery and regular use after the payment.',
        array['merchant_won', 'reversed'],
        'We looked at everything that you and {account} sent us. The log shows that {product} was delivered and used after the payment. We therefore do not refund it.',
        'The log shows delivery and use after the payment. We decided in your favor.'),
    ('as_described', 'Delivered as described',
        'It was delivered, and it is what the page and the checkout said; the customer expected something else.',
        array['merchant_won', 'reversed'],
        'We compared {product} with how it was offered when you bought it. It is what was promised, even if you hoped for something else. We therefore do not refund it.',
        '{product} is what was offered. We decided in your favor.'),
    ('canceled_too_late', 'Canceled too late',
        'The cancellation came after the deadline that the plan states, and that deadline was shown before the payment.',
        array['merchant_won', 'reversed'],
        'Your cancellation came after the deadline that was stated when you bought {product}. The payment for this period stands, and your access goes on until it ends.',
        'The deadline was stated and accepted before the payment, and the cancellation came later. We decided in your favor.'),
    ('outside_refund_policy', 'Outside the refund policy',
        'The customer accepted a clear refund policy before paying, and the claim is outside of it.',
        array['merchant_won', 'reversed'],
        'You accepted the refund policy of {account} before you paid, and it does not cover this. We therefore do not refund it.',
        'The customer accepted your refund policy before the payment, and the claim is outside of it. We decided in your favor.'),
    ('claim_not_shown', 'Claim could not be confirmed',
        'What the customer says cannot be confirmed by anything, and the merchant has shown the opposite or made it likely.',
        array['merchant_won', 'reversed'],
        'We could not confirm what you told us by what we have, and {account} has shown its side. We therefore do not refund this payment.',
        'What you sent supports your side, and the claim could not be confirmed. We decided in your favor.'),
    ('customer_silent', 'No answer from the customer',
        'The customer did not answer our question in time, and without the answer the claim cannot be confirmed.',
        array['merchant_won', 'reversed'],
        'We asked you for something that we needed, and did not hear from you in time. Without it we cannot confirm the claim.',
        'The customer did not answer our question in time. We decided in your favor.'),
    ('already_made_good', 'Already put right',
        'The merchant has repaired, replaced or refunded it, or given something of equal worth that the customer took.',
        array['merchant_won', 'reversed'],
        '{account} has already put this right, so nothing is left to refund.',
        'You have already put this right. We decided in your favor.'),
    ('goodwill', 'Goodwill',
        'Nobody is to blame, and the platform pays to settle it. Choose the platform as the payer.',
        array['customer_won', 'merchant_won'],
        'We could not find that {account} did anything wrong, but we understand your disappointment. This is on us.',
        'You did nothing wrong. We settle this case at our own cost, and nothing is taken from you.'),
    ('policy', 'Platform policy',
        'A rule of the platform decides it. Name the rule in both texts.',
        array['customer_won', 'merchant_won', 'upheld', 'reversed'],
        '',
        ''),
    ('nothing_new', 'Nothing new on appeal',
        'The appeal brought nothing that the first decision had not weighed.',
        array['upheld', 'merchant_won'],
        'We looked at the case again. The appeal brought nothing that changes the first decision, so it stands. This decision is final.',
        'We looked at the case again. The appeal brought nothing that changes the first decision, so it stands. This decision is final.'),
    ('new_evidence', 'New evidence on appeal',
        'Something that was not known at the first decision changes it.',
        array['reversed', 'customer_won'],
        'We looked at the case again. We learned something that we did not know at the first decision, and it changes the outcome. This decision is final.',
        'We looked at the case again. We learned something that we did not know at the first decision, and it changes the outcome. This decision is final.'),
    ('other', 'Other reason',
        'None of the others fits. Say in both texts what decided the case.',
        array['customer_won', 'merchant_won', 'upheld', 'reversed'],
        '',
        '')
) as s (code, title, when_to_use, fits, to_customer, to_merchant);

alter table cases add column review_since timestamptz;     -- since when it waits for the platform; null: it does not
alter table cases add column review_due_at timestamptz;    -- the target that this review began with; null: paused, or none

-- What waits for a decision, and what the platform has asked: open cases only, however many there were. What has no
-- target, because a bank dispute is open, comes last.
create index cases_review on cases (coalesce(review_due_at, timestamptz '9999-12-30 00:00:00+00'), id)
    where status = 'under_review';
create index cases_review_appeals on cases (coalesce(review_due_at, timestamptz '9999-12-30 00:00:00+00'), id)
    where status = 'under_review' and (customer_appealed or merchant_appealed);
create index cases_review_mine on cases (reviewer_id, coalesce(review_due_at, timestamptz '9999-12-30 00:00:00+00'), id)
    where status = 'under_review' and reviewer_id is not null;
create index cases_review_account on cases (account_id, coalesce(review_due_at, timestamptz '9999-12-30 00:00:00+00'), id)
    where status = 'under_review';
create index cases_review_asked on cases (coalesce(response_due_at, timestamptz '9999-12-30 00:00:00+00'), id)
    where escalated and status in ('awaiting_merchant', 'awaiting_customer');
