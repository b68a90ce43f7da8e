"""GraphiQL in a browser, without any internet."""

import asyncio
import re

import httpx
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.requirements import needs

pytestmark = needs("chromium")

DEFINE = 'mutation { defineProfileType(input: {name: "Contact", attributes: []}) { errors { message } } }'
CREATE = """mutation { createSegment(input: {name: "Everybody", profileType: "Contact", query: "PROFILE(Contact)"}) {
  errors { message } } }"""


async def open_graphiql(visit: Visit, document: str) -> None:
    """Open the page with `document` in the editor."""
    await visit.page.goto(f"{visit.address}/graphql")
    await visit.page.wait_for_selector(".graphiql-query-editor .view-line")
    await write(visit, document)


async def write(visit: Visit, document: str) -> None:
    """Put `document` in place of what is in the editor, as a person would by pasting."""
    await visit.page.locator(".graphiql-query-editor .view-lines").click()
    await visit.page.keyboard.press("Control+A")
    await visit.page.keyboard.insert_text(document)


async def run(visit: Visit) -> None:
    """Run what is in the editor."""
    await visit.page.locator(".graphiql-execute-button").click()


def assert_clean(visit: Visit) -> None:
    """Nothing was asked of other machines, and nothing went wrong."""
    assert (visit.outside, visit.errors) == ([], [])


async def test_the_page_loads_with_its_examples(visit: Visit) -> None:
    await visit.page.goto(f"{visit.address}/graphql")
    await expect(visit.page.get_by_role("tab")).to_have_count(5)
    await expect(visit.page.locator(".graphiql-query-editor")).to_contain_text("query Welcome")
    assert_clean(visit)


async def test_a_query_runs(visit: Visit) -> None:
    await open_graphiql(visit, "query Numbers { numbers(first: 3) { nodes { value } } }")
    await run(visit)
    await expect(visit.page.locator(".graphiql-response")).to_contain_text('"value": 3')
    assert_clean(visit)


async def test_a_field_is_completed(visit: Visit) -> None:
    await open_graphiql(visit, "")
    await asyncio.sleep(1)  # the worker has the schema a moment after the page has
    await visit.page.keyboard.type("{ otherNu")
    await visit.page.keyboard.press("Control+Space")
    await expect(visit.page.locator(".suggest-widget")).to_contain_text("otherNumbers")
    await visit.page.keyboard.press("Enter")
    await expect(visit.page.locator(".graphiql-query-editor .view-lines")).to_contain_text("otherNumbers")
    assert_clean(visit)


async def test_a_wrong_field_is_underlined(visit: Visit) -> None:
    await open_graphiql(visit, "{ nothingOfTheKind }")
    await expect(visit.page.locator(".squiggly-error").first).to_be_visible()
    assert_clean(visit)


async def test_the_documentation_shows_the_root_types_and_their_fields(visit: Visit) -> None:
    await open_graphiql(visit, "{ about { hub } }")
    await visit.page.get_by_label("Show Documentation Explorer").click()
    documentation = visit.page.locator(".graphiql-doc-explorer")
    await expect(documentation).to_contain_text("Subscription")
    await documentation.get_by_role("link", name="Query", exact=True).click()
    await expect(documentation).to_contain_text("The server that answers.")
    assert_clean(visit)


async def test_a_subscription_delivers(visit: Visit) -> None:
    await open_graphiql(visit, "subscription Count { count(to: 5) }")
    await run(visit)
    await expect(visit.page.locator(".graphiql-response")).to_contain_text('"count": 4')
    assert_clean(visit)


async def test_a_subscription_shows_a_segment_that_is_made_elsewhere(visit: Visit) -> None:
    await open_graphiql(visit, "subscription Watch { segments { kind segment { name } } }")
    await run(visit)
    await expect(visit.page.locator(".graphiql-execute-button")).to_have_attribute("aria-label", re.compile("Stop"))
    await asyncio.sleep(1)  # the stream of changes begins a moment after the subscription
    async with httpx.AsyncClient(base_url=visit.address, trust_env=False) as http:
        for document in (DEFINE, CREATE):
            answer = (await http.post("/graphql", json={"query": document})).json()
            assert [payload["errors"] for payload in answer["data"].values()] == [[]]
    await expect(visit.page.locator(".graphiql-response")).to_contain_text("Everybody")
    assert_clean(visit)
