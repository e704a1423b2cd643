"""The document says what the data says."""

from tests.notifications import plan_table


def test_the_table_of_who_is_told_what_is_made_of_the_data() -> None:
    assert plan_table.PAGE.read_text() == plan_table.page(), "run: python -m tests.notifications.plan_table"
