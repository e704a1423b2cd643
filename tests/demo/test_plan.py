"""The demo before it is loaded: pure data, the same each time, and everything in it that a demo is to show."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from amends.cases.claim_questions import BY_REASON
from amends.cases.states import Reason
from amends.demo import market as trade
from amends.demo.catalogue import ACCOUNTS, FORMS, Form
from amends.demo.claims import CLAIMS, NATIVE, Day
from amends.demo.exchanges import texts_of, values_of
from amends.demo.market import Market
from amends.demo.pictures import attachments
from amends.demo.scripts import SCRIPTS
from amends.demo.sentences import ANSWERS, fill, suits
from amends.demo.story import CasePlan, plan_cases
from amends.files.sniff import sniff

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 21, 22, 50, tzinfo=UTC)  # a Saturday, late

NEEDS_WORDS = {"deny", "reply", "comment", "appeal", "note", "ask", "make_offer"}


@pytest.fixture(scope="module")
def market() -> Market:
    market = Market(NOW)
    trade.add_buyers(market)
    trade.add_long_term_members(market)
    return market


@pytest.fixture(scope="module")
def plans(market: Market) -> list[CasePlan]:
    return plan_cases(market)


def test_it_is_the_same_each_time(plans: list[CasePlan]) -> None:
    again = Market(NOW)
    trade.add_buyers(again)
    trade.add_long_term_members(again)
    assert plan_cases(again) == plans


def test_every_course_and_every_reason_is_taken(plans: list[CasePlan]) -> None:
    assert Counter(plan.script for plan in plans) == {script.name: script.cases for script in SCRIPTS}
    assert {plan.reason for plan in plans} == {reason.value for reason in Reason}


def test_steps_come_in_order_and_none_is_in_the_future(plans: list[CasePlan]) -> None:
    for plan in plans:
        times = [plan.sale.paid_at, *(step.at for step in plan.steps), NOW]
        assert times == sorted(times)
        assert plan.steps[0].at - plan.sale.paid_at < timedelta(days=120)


def test_no_step_sets_a_clock_that_runs_out_in_the_next_hours(plans: list[CasePlan]) -> None:
    for plan in plans:
        for step in plan.steps:
            into_the_day = (step.at - NOW) % timedelta(days=1)
            assert into_the_day > timedelta(hours=3) or into_the_day == timedelta(0)


def test_what_is_said_and_what_is_answered_fit_together(plans: list[CasePlan]) -> None:
    listed = (*CLAIMS.values(), *(tuple(by_reason.values()) for by_reason in NATIVE.values()))
    texts = {claim.text: claim for claims in listed for claim in claims}
    for plan in plans:
        opening = plan.steps[0].message or ""
        claims = [claim for text, claim in texts.items() if fill(text, values_of(plan.sale)) == opening]
        assert claims or len(opening) == 4000
        for claim in claims[:1]:
            assert plan.answers.keys() == claim.answers.keys()
            said = {name: value for name, value in claim.answers.items() if not isinstance(value, Day)}
            assert said.items() <= plan.answers.items()
        questions = {question.name: question for question in BY_REASON[plan.reason].questions}
        assert plan.answers.keys() <= questions.keys()
        assert {name for name, question in questions.items() if question.is_required} <= plan.answers.keys()
        chosen = {name: value for name, value in plan.answers.items() if questions[name].choices}
        assert all(value in dict(questions[name].options) for name, value in chosen.items())
        assert (plan.wish is not None) == (plan.wants == "other")


def _claimable(form: Form) -> set[Reason]:
    """Return the reasons that such a product can have; nobody subscribes to prints and to somebody's hour."""
    products = [product for account in ACCOUNTS for product in account.products if product.form is form]
    return set(Reason) - (set() if any(one.renews for one in products) else {Reason.SUBSCRIPTION_CANCELED})


@pytest.mark.parametrize("form", Form)
def test_there_are_words_for_every_product(form: Form) -> None:
    said = {reason: [claim for claim in claims if suits(claim.text, form)] for reason, claims in CLAIMS.items()}
    assert all(any(not claim.is_late for claim in claims) for claims in said.values())
    assert {claim.answers["used"] for claim in said["not_as_described"]} == {True, False}
    steps = {(step.actor, step.verb): step for script in SCRIPTS for step in script.steps[1:]}
    for step in steps.values():
        for reason in _claimable(form) if step.verb in NEEDS_WORDS else ():
            assert texts_of(step, reason.value, form), (step.actor, step.verb, reason)
    assert any(suits(text, form) for text in ANSWERS["remedy"])


def test_every_product_that_is_named_as_something_exists() -> None:
    assert {key for keys in FORMS.values() for key in keys.split()} <= {
        product.key for account in ACCOUNTS for product in account.products
    }


def test_decisions_give_reasons_of_the_catalogue_that_fit_the_claim(plans: list[CasePlan]) -> None:
    seeds = (ROOT / "src/amends/db/revisions/sql/0001/78_review.sql").read_text()
    fits = dict(re.findall(r"\('(\w+)', '.*?array\[(.*?)\]", seeds, re.DOTALL))
    decided = [(plan, step) for plan in plans for step in plan.steps if step.verb == "decide"]
    assert len({step.reason_code for _, step in decided}) > 12
    for plan, step in decided:
        as_what = step.options.get("answer") or step.options["outcome"]
        assert f"'{as_what}'" in fits[step.reason_code or ""], (plan.script, step.reason_code)


def test_nobody_says_the_same_twice_in_a_case(plans: list[CasePlan]) -> None:
    for plan in plans:
        said = Counter(step.message for step in plan.steps if step.message and step.verb in ("request_info", "reply"))
        assert not said or max(said.values()) == 1, (plan.script, said)


def test_openings_are_distinct_within_an_account(plans: list[CasePlan]) -> None:
    opened = Counter((plan.sale.account.key, plan.steps[0].at) for plan in plans)
    assert max(opened.values()) == 1


def test_there_are_long_texts_and_long_names_and_other_scripts(plans: list[CasePlan]) -> None:
    messages = [step.message or "" for plan in plans for step in plan.steps]
    assert max(map(len, messages)) == 4000
    names = [plan.sale.customer.person.name for plan in plans]
    for low, high in (("\u0590", "\u05ff"), ("\u0600", "\u06ff"), ("\u3040", "\u30ff"), ("\uac00", "\ud7a3")):
        assert any(low <= letter <= high for name in names for letter in name)
    assert 60 in {len(product.title) for account in ACCOUNTS for product in account.products}
    assert len([product for account in ACCOUNTS for product in account.products]) == 40


def test_some_paid_twice_within_minutes_and_some_for_more_than_a_year(market: Market, plans: list[CasePlan]) -> None:
    doubles = [plan for plan in plans if plan.reason == "duplicate"]
    paid = {(line.member, line.product, line.paid_at) for line in market.payments}
    for plan in doubles:
        earlier = [
            at
            for member, product, at in paid
            if member == f"{plan.sale.account.key}-{plan.sale.customer.id}"
            and product == plan.sale.product.key
            and isinstance(at, datetime)
            and timedelta(0) < plan.sale.paid_at - at < timedelta(minutes=10)
        ]
        assert len(earlier) == 1
    renewals = Counter(line.member for line in market.payments if line.is_renewal)
    assert max(renewals.values()) >= 14


def test_some_cancelled_too_late_and_some_never_came_in(market: Market, plans: list[CasePlan]) -> None:
    claimed = {line.payment for line in market.activity if line.activity == "access_claimed"}
    assert any(plan.sale.id not in claimed for plan in plans if plan.reason == "product_not_received")
    late = 0
    sales = {plan.sale.id: plan.sale for plan in plans}
    for line in market.activity:
        if line.activity == "cancel_requested" and isinstance(line.occurred_at, datetime) and line.payment in sales:
            sale = sales[line.payment]
            notice = timedelta(hours=sale.product.cancel_before_hours or 0)
            late += line.occurred_at > sale.paid_at - notice
    assert late > 20


def test_every_attachment_is_what_its_name_says(plans: list[CasePlan]) -> None:
    types = {".png": "image/png", ".jpg": "image/jpeg", ".txt": "text/plain", ".pdf": "application/pdf"}
    seen = Counter[str]()
    for plan in plans:
        for step in plan.steps:
            for file in attachments(plan, step):
                ending = file.filename[file.filename.rindex(".") :]
                assert sniff(file.content[:8192]).content_type == types[ending]
                seen[ending] += 1
    assert set(seen) == set(types)
