"""The small world that docs/language.md tells of: five contacts, what they have and what they did."""

from typing import TypedDict

from seggql.ingest.define_types import define_interaction_type, define_profile_type, define_relationship_type
from seggql.ingest.interactions import record_interactions
from seggql.ingest.outcome import IngestOutcome
from seggql.ingest.profiles import upsert_profiles
from seggql.ingest.relationships import relate_profiles
from seggql.store.hub import Hub
from tests.docs_catalog import CATALOG


class Row(TypedDict, total=False):
    """A row of data, as the API takes it."""

    key: str
    source: str
    target: str
    timestamp: str
    links: dict[str, str]
    attributes: dict[str, object]


def _contact(key: str, **attributes: object) -> Row:
    return Row(key=key, attributes={"FirstName": key.title(), **attributes})


PROFILES: dict[str, list[Row]] = {
    "Contact": [
        _contact(
            "ann",
            Age=34,
            Sex="F",
            City="Rome",
            Country="IT",
            Income=62_000,
            Position="CEO",
            Email="ann@example.com",
            Newsletter=True,
            Birthday="1992-07-03",
            Since="2019-04-01",
            Product="CreditCard",
            NumberOfActivePurchasedItems=2,
            ExpirationDate="2026-07-01",
            Tags=["vip", "run"],
            Address={"City": "Rome", "Zip": "00184"},
            Cards=[{"Kind": "gold", "Limit": 5000}, {"Kind": "blue", "Limit": 1000}],
            UserId="0F8FAD5B-D9CB-469F-A165-70867728950E",
        ),
        _contact(
            "bob",
            Age=20,
            Sex="M",
            City="Milan",
            Country="IT",
            Income=18_000,
            Position="Student",
            Email="bob@example.org",
            Newsletter=False,
            Birthday="2006-06-20",
            Since="2024-02-29",
            Product="CreditCard",
            NumberOfActivePurchasedItems=0,
            ExpirationDate="2026-06-20",
            Tags=[],
            Address={"City": "Milan"},
            Cards=[{"Kind": "blue", "Limit": 500}],
        ),
        _contact(
            "cleo",
            Age=41,
            Sex="F",
            City="Paris",
            Country="FR",
            Income=71_000,
            Position="Marketing Manager",
            Email="cleo@Example.com",
            Newsletter=True,
            Birthday="1985-07-30",
            Since="2020-12-31",
            Product="Loan",
            NumberOfActivePurchasedItems=1,
            ExpirationDate="2027-01-01",
            Tags=["vip"],
            Address={"City": "Paris", "Zip": "75001"},
        ),
        _contact(
            "dan",
            Age=30,
            Sex="M",
            City="rome",
            Country="IT",
            Income=40_000,
            Position="Sales Manager",
            Birthday="1996-01-15",
            Since="2026-06-01",
            Product="CreditCard",
            NumberOfActivePurchasedItems=1,
            ExpirationDate="2026-09-01",
            Tags=["run", "new"],
            Cards=[{"Kind": "gold", "Limit": 300}],
        ),
        _contact("eve", Sex="F", City="Rome", Newsletter=True, Email="eve+news@example.com", Since="2026-06-14"),
    ],
    "Account": [Row(key="acme", attributes={"Name": "Acme"}), Row(key="bolt", attributes={"Name": "Bolt"})],
    "Campaign": [
        Row(key="spring", attributes={"Name": "Spring", "StartDate": "2026-03-01"}),
        Row(key="silver", attributes={"Name": "Silver Tier", "StartDate": "2025-09-01"}),
    ],
    "CreditCard": [
        Row(key="card1", attributes={"Kind": "gold", "ExpirationDate": "2026-07-01"}),
        Row(key="card2", attributes={"Kind": "blue", "ExpirationDate": "2026-05-31"}),
        Row(key="card3", attributes={"Kind": "gold", "ExpirationDate": "2029-01-31"}),
    ],
    "Customer": [
        Row(key="c1", attributes={"Birthday": "1980-07-09"}),
        Row(key="c2", attributes={"Birthday": "1990-12-24"}),
    ],
    "Lead": [Row(key="lena", attributes={"Name": "Lena"})],
    "Product": [
        Row(key="generator", attributes={"Name": "Product Xgenerator", "Price": 60.0}),
        Row(key="lamp", attributes={"Name": "Lamp", "Price": 15.5}),
    ],
    "ServiceTicket": [
        Row(key="t1", attributes={"State": "Opened", "Priority": "High", "StartDate": "2026-04-02"}),
        Row(key="t2", attributes={"State": "Opened", "Priority": "Low", "StartDate": "2026-01-02"}),
        Row(key="t3", attributes={"State": "Closed", "Priority": "High", "StartDate": "2026-01-02"}),
    ],
    "Subscription": [Row(key="news", attributes={"Name": "News"}), Row(key="sport", attributes={"Name": "Sport"})],
}


def _edge(source: str, target: str, **attributes: object) -> Row:
    return Row(source=source, target=target, attributes=attributes)


EDGES: dict[str, list[Row]] = {
    "HavingAccount": [_edge("ann", "acme"), _edge("bob", "bolt"), _edge("dan", "acme")],
    "Ordered": [_edge("acme", "generator"), _edge("bolt", "lamp")],
    "HavingCreditCard": [
        _edge("ann", "card1", IsMain=True, Since="2020-01-01"),
        _edge("ann", "card3", IsMain=False, Since="2025-05-05"),
        _edge("bob", "card2", IsMain=True, Since="2024-03-01"),
        _edge("dan", "card3", IsMain=True, Since="2026-06-02"),
    ],
    "InSubscription": [
        _edge("ann", "news", Status="Active", SubscriptionEndDate="2026-07-31"),
        _edge("bob", "news", Status="Active", SubscriptionEndDate="2027-01-31"),
        _edge("cleo", "sport", Status="Ended", SubscriptionEndDate="2026-05-01"),
    ],
    "HasServiceTicket": [_edge("ann", "t2"), _edge("bob", "t1"), _edge("cleo", "t3")],
    "ReceivedCampaign": [_edge("spring", "ann"), _edge("spring", "bob"), _edge("silver", "cleo")],
    "Recommended": [_edge("ann", "bob", Bonus=10), _edge("bob", "dan", Bonus=0), _edge("ann", "eve", Bonus=25)],
}


def _act(timestamp: str, links: dict[str, str], **attributes: object) -> Row:
    return Row(timestamp=timestamp, links=links, attributes=attributes)


def _opened(contact: str, timestamp: str, name: str, device: str) -> Row:
    return _act(timestamp, {"EmailOpened_ContactLink": contact}, Name=name, Device=device)


def _bought(contact: str, product: str, timestamp: str, amount: float, quantity: int, store: str) -> Row:
    links = {"Purchase_Contact": contact, "Purchase_Product": product}
    return _act(timestamp, links, Amount=amount, Quantity=quantity, Store=store)


INTERACTIONS: dict[str, list[Row]] = {
    "EmailOpened": [
        _opened("ann", "2026-06-14T09:00:00Z", "Spring", "phone"),
        _opened("ann", "2026-06-10T09:00:00Z", "Spring", "desktop"),
        _opened("ann", "2026-01-05T20:00:00Z", "Winter", "phone"),
        _opened("bob", "2026-06-13T18:00:00Z", "Spring", "phone"),
        _opened("cleo", "2025-12-24T10:00:00Z", "Winter", "desktop"),
        _act("2026-06-01T10:00:00Z", {"EmailOpenedLeadLink": "lena"}, Name="Campaign 1", Device="phone"),
    ],
    "EmailDelivered": [
        _act(
            "2025-09-02T08:00:00Z",
            {"EmailDelivered_ContactLink": "cleo", "EmailDelivered_Campaign": "silver"},
            CampaignName="Silver Tier",
        ),
        _act("2026-06-12T08:00:00Z", {"EmailDelivered_ContactLink": "ann"}, CampaignName="Spring"),
        _act("2026-06-12T08:00:00Z", {"EmailDelivered_ContactLink": "bob"}, CampaignName="Spring"),
        _act("2026-06-12T08:00:00Z", {"EmailDelivered_ContactLink": "dan"}, CampaignName="Spring"),
    ],
    "RedirectLinkClicked": [
        _act("2026-06-14T09:05:00Z", {"RedirectLinkClicked_ContactLink": "ann"}, EmailId="12345"),
        _act("2026-05-01T09:05:00Z", {"RedirectLinkClicked_ContactLink": "bob"}, EmailId="12345"),
    ],
    "Purchase": [
        _bought("ann", "generator", "2026-06-12T10:00:00Z", 120.0, 2, "Rome"),
        _bought("ann", "lamp", "2026-03-01T10:00:00Z", 80.0, 1, "Rome"),
        _bought("bob", "lamp", "2026-06-15T11:00:00Z", 15.5, 1, "Milan"),
        _bought("cleo", "lamp", "2026-05-20T10:00:00Z", 60.0, 3, "Web"),
        _bought("cleo", "lamp", "2026-05-21T10:00:00Z", 45.0, 1, "Web"),
        _bought("cleo", "generator", "2026-05-22T10:00:00Z", 30.0, 1, "Paris"),
        _bought("dan", "generator", "2025-06-15T10:00:00Z", 200.0, 4, "Rome"),
    ],
}


async def load_docs_world(hub: Hub) -> None:
    """Define the types in an empty hub and store every row."""
    for profile_type in CATALOG.profile_types.values():
        await define_profile_type(hub, profile_type)
    for relationship_type in CATALOG.relationship_types.values():
        await define_relationship_type(hub, relationship_type)
    for interaction_type in CATALOG.interaction_types.values():
        await define_interaction_type(hub, interaction_type)
    for name, rows in PROFILES.items():
        _all_stored(await upsert_profiles(hub, name, rows))
    for name, rows in EDGES.items():
        _all_stored(await relate_profiles(hub, name, rows))
    for name, rows in INTERACTIONS.items():
        _all_stored(await record_interactions(hub, name, rows))


def _all_stored(outcome: IngestOutcome) -> None:
    assert outcome.stored == outcome.received, outcome.rejections
