"""The types and segments that docs/language.md tells of."""

from datetime import UTC, datetime

from seggql.catalog.model import (
    Attribute,
    AttributeType,
    Catalog,
    InteractionType,
    Link,
    ProfileType,
    RelationshipType,
)
from seggql.query.scope import Scope, SegmentReference

AS_OF = datetime(2026, 6, 15, 12, 0, 30, tzinfo=UTC)
"""The present, in the guide."""

T = AttributeType


def _of(**types: AttributeType) -> tuple[Attribute, ...]:
    return tuple(Attribute(name=name, type=type_) for name, type_ in types.items())


def _profile(name: str, *others: Attribute, **types: AttributeType) -> ProfileType:
    return ProfileType(name=name, attributes=(*_of(**types), *others))


def _links(**targets: str) -> tuple[Link, ...]:
    return tuple(Link(name=name, profile_type=target) for name, target in targets.items())


_CONTACT = _profile(
    "Contact",
    Attribute(name="Tags", type=T.STRING, is_array=True),
    Attribute(name="Address", type=T.OBJECT, attributes=_of(City=T.STRING, Zip=T.STRING)),
    Attribute(name="Cards", type=T.OBJECT, is_array=True, attributes=_of(Kind=T.STRING, Limit=T.INT)),
    **dict.fromkeys(("FirstName", "Sex", "City", "Country", "Position", "Email", "Product"), T.STRING),
    **dict.fromkeys(("Age", "Income", "NumberOfActivePurchasedItems"), T.INT),
    **dict.fromkeys(("Birthday", "Since", "ExpirationDate"), T.DATETIME),
    Newsletter=T.BOOLEAN,
    UserId=T.GUID,
)
_PROFILES = (
    _CONTACT,
    _profile("Account", Name=T.STRING),
    _profile("Campaign", Name=T.STRING, StartDate=T.DATETIME),
    _profile("CreditCard", Kind=T.STRING, ExpirationDate=T.DATETIME),
    _profile("Customer", Birthday=T.DATETIME),
    _profile("Lead", Name=T.STRING),
    _profile("Product", Name=T.STRING, Price=T.DOUBLE),
    _profile("ServiceTicket", State=T.STRING, Priority=T.STRING, StartDate=T.DATETIME),
    _profile("Subscription", Name=T.STRING),
)
_RELATIONSHIPS = (
    RelationshipType(name="HavingAccount", source="Contact", target="Account"),
    RelationshipType(name="Ordered", source="Account", target="Product"),
    RelationshipType(
        name="HavingCreditCard",
        source="Contact",
        target="CreditCard",
        attributes=_of(IsMain=T.BOOLEAN, Since=T.DATETIME),
    ),
    RelationshipType(
        name="InSubscription",
        source="Contact",
        target="Subscription",
        attributes=_of(Status=T.STRING, SubscriptionEndDate=T.DATETIME),
    ),
    RelationshipType(name="HasServiceTicket", source="Contact", target="ServiceTicket"),
    RelationshipType(name="ReceivedCampaign", source="Campaign", target="Contact"),
    RelationshipType(name="Recommended", source="Contact", target="Contact", attributes=_of(Bonus=T.INT)),
)
_INTERACTIONS = (
    InteractionType(
        name="EmailOpened",
        links=_links(EmailOpened_ContactLink="Contact", EmailOpenedLeadLink="Lead"),
        attributes=_of(Name=T.STRING, Device=T.STRING),
    ),
    InteractionType(
        name="EmailDelivered",
        links=_links(EmailDelivered_ContactLink="Contact", EmailDelivered_Campaign="Campaign"),
        attributes=_of(CampaignName=T.STRING),
    ),
    InteractionType(
        name="RedirectLinkClicked",
        links=_links(RedirectLinkClicked_ContactLink="Contact"),
        attributes=_of(EmailId=T.STRING),
    ),
    InteractionType(
        name="Purchase",
        links=_links(Purchase_Contact="Contact", Purchase_Product="Product"),
        attributes=_of(Amount=T.DOUBLE, Quantity=T.INT, Store=T.STRING),
    ),
)
CATALOG = Catalog(
    profile_types={each.name: each for each in _PROFILES},
    relationship_types={each.name: each for each in _RELATIONSHIPS},
    interaction_types={each.name: each for each in _INTERACTIONS},
)

SEGMENTS = {
    "Romans": ("ann", "eve"),
    "Buyers": ("ann", "bob", "cleo"),
    "Openers": ("ann", "bob"),
    "Clicked": ("ann",),
    "SegmentInCampaign": ("ann", "bob", "cleo"),
    "SegmentOnEmailOpened": ("ann", "bob", "eve"),
    "SegmentOnClicked": ("ann",),
    "SegmentOnProfile": ("ann", "bob", "cleo"),
    "SegmentOnReceivedEmail": ("bob", "cleo", "dan"),
    "SegmentRegisteredInEvent": ("cleo",),
}
"""The keys of the contacts in each segment."""


def docs_scope() -> Scope:
    """What the queries of the guide may name; listings are shown there too."""
    references = {name: SegmentReference(name=name, profile_type="Contact") for name in SEGMENTS}
    return Scope(catalog=CATALOG, segments=references, allows_listing=True)
