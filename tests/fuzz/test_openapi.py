"""Bad input is never a 5xx, and every answer is as the OpenAPI document says.

AMENDS_FUZZ_EXAMPLES requests for each operation within its schema and as many outside; the same ones each time, unless
AMENDS_FUZZ_SEED says otherwise.
"""

import os
from collections.abc import Generator
from typing import Any, Final

import hypothesis
import psycopg
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import negative_data_rejection, not_a_server_error, positive_data_acceptance
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.conftest import Database
from tests.credentials import bearer
from tests.fuzz.target import Target, serve

EXAMPLES: Final = int(os.environ.get("AMENDS_FUZZ_EXAMPLES", "4"))
SEED: Final = os.environ.get("AMENDS_FUZZ_SEED")
CHECKS: Final[list[Any]] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    positive_data_acceptance,
    negative_data_rejection,
]

ENDLESS: Final = {"/api/v1/stream"}  # tests/stream asks it for everything
REFUSALS: Final = [400, 401, 403, 404, 409, 413, 415, 422]
CONFIG: Final = schemathesis.Config.from_dict(
    {
        "checks": {
            "negative_data_rejection": {"expected-statuses": REFUSALS},
            "positive_data_acceptance": {"expected-statuses": [200, 201, *REFUSALS]},
        }
    }
)


@pytest.fixture(scope="module")
def target(
    database: Database, owner: psycopg.Connection, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Target]:
    with serve(database, owner, tmp_path_factory.mktemp("fuzz")) as target:
        yield target


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_every_operation_answers_as_documented(target: Target, method: str, mode: GenerationMode) -> None:
    schema = schemathesis.openapi.from_dict(target.document, config=CONFIG)
    failures: list[str] = []
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # pyright: ignore[reportAttributeAccessIssue]
        if operation.method.upper() == method and operation.path not in ENDLESS:
            failures += fuzzed(target, operation, mode)
    assert not failures, "\n\n".join(failures)


def fuzzed(target: Target, operation: Any, mode: GenerationMode) -> list[str]:
    """Send generated requests to one operation; return the first failure."""
    requests = operation.as_strategy(generation_mode=mode)

    @settings_of_run
    @given(data=st.data())
    def attempt(data: st.DataObject) -> None:
        case = data.draw(requests)
        if data.draw(st.integers(0, 3)):
            name_what_exists(target, case, data)
        who = data.draw(st.sampled_from(sorted(target.tokens)))
        headers = bearer(target.tokens[who])
        case.call_and_validate(base_url=target.url, headers=headers, checks=CHECKS, timeout=120)

    try:
        (hypothesis.seed(int(SEED))(attempt) if SEED else attempt)()
    except Unsatisfiable:
        return []  # nothing can be wrong with a request that takes nothing
    except Exception as failure:  # one operation's failure must not hide the next one's
        return [f"{operation.label}: {failure}"]
    return []


settings_of_run: Final = hypothesis.settings(
    max_examples=EXAMPLES,
    derandomize=SEED is None,
    deadline=None,
    database=None,
    suppress_health_check=list[Any](HealthCheck),
    phases=[Phase.generate],
)


def name_what_exists(target: Target, case: Case[Any], data: st.DataObject) -> None:
    """Put real ids where a request can name something, so that it is not a 404 each time."""
    for place in (case.path_parameters, case.query, case.body):
        if not isinstance(place, dict):
            continue
        for name in sorted(target.ids.keys() & place.keys()):
            place[name] = data.draw(st.sampled_from(target.ids[name]))
