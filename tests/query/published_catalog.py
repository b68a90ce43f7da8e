"""The catalog and the segments that the published statements of the language speak of."""

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

STRING, INT, LONG, DATETIME = AttributeType.STRING, AttributeType.INT, AttributeType.LONG, AttributeType.DATETIME


def attributes(**types: AttributeType) -> tuple[Attribute, ...]:
    """Single-valued attributes by name."""
    return tuple(Attribute(name=name, type=type_) for name, type_ in types.items())


def profile_type(name: str, **types: AttributeType) -> ProfileType:
    """A profile type with single-valued attributes."""
    return ProfileType(name=name, attributes=attributes(**types))


PROFILE_TYPES = (
    profile_type("Salesperson", FirstName=STRING),
    profile_type(
        "Contact",
        Sex=STRING,
        Country=STRING,
        Age=INT,
        Income=INT,
        NumberOfActivePurchasedItems=INT,
        Product=STRING,
        ExpirationDate=DATETIME,
        Position=STRING,
        StartDate=DATETIME,
        Unsubscribed=DATETIME,
        CampaignStartDate=DATETIME,
        Grade=STRING,
    ),
    profile_type("contact", address1_city=STRING, address1_county=STRING),
    profile_type("Lead", StartDate=DATETIME),
    profile_type("Customer", Birthday=DATETIME, Address=STRING),
    profile_type("Campaign", Name=STRING, Market=STRING, Revenue=LONG, NumberOfOrders=LONG),
    profile_type("CampaignEvent", Name=STRING),
    profile_type("Account"),
    profile_type("Product", Name=STRING),
    profile_type("CreditCard", ExpirationDate=DATETIME),
    profile_type("Activity", ActivityType=STRING),
    profile_type("Membership"),
    profile_type("Subscription"),
    profile_type("ServiceTicket", State=STRING, Priority=STRING, StartDate=DATETIME),
    profile_type("Event", Name=STRING),
)

RELATIONSHIP_TYPES = (
    RelationshipType(name="ActivityLeadProcessed_Campaign", source="Campaign", target="Lead"),
    RelationshipType(name="HavingAccount", source="Contact", target="Account"),
    RelationshipType(name="Ordered", source="Account", target="Product"),
    RelationshipType(name="EmailSubscriptionSubmit_Campaign", source="Campaign", target="Contact"),
    RelationshipType(name="CampaignEventRegistration_CampaignEvent", source="CampaignEvent", target="Contact"),
    RelationshipType(name="ActivityContactProcessed_Campaign", source="Campaign", target="Contact"),
    RelationshipType(name="HavingCreditCard", source="Contact", target="CreditCard"),
    RelationshipType(name="SubscribedToActivity", source="Contact", target="Activity"),
    RelationshipType(name="HasServiceTicket", source="Contact", target="ServiceTicket"),
)

IN_SUBSCRIPTION = "InSubscription"
"""Two statements use it from two types, which one relationship cannot join both of; see `published_scope`."""

INTERACTION_TYPES = (
    InteractionType(
        name="RedirectLinkClicked",
        links=(Link(name="RedirectLinkClicked_ContactLink", profile_type="Contact"),),
        attributes=attributes(EmailId=STRING),
    ),
    InteractionType(
        name="EmailOpened",
        links=(Link(name="EmailOpenedLeadLink", profile_type="Lead"),),
        attributes=attributes(Name=STRING),
    ),
    InteractionType(
        name="EmailDelivered",
        links=(Link(name="EmailDelivered_Campaign", profile_type="Campaign"),),
        attributes=attributes(CampaignName=STRING),
    ),
    InteractionType(
        name="EmailSoftBounced", links=(Link(name="EmailSoftBounced_ContactLink", profile_type="Contact"),)
    ),
)

SEGMENTS = (
    "AllFromSeattle",
    "SubscribedToEvent",
    "SegmentInCampaign",
    "SegmentOnEmailOpened",
    "SegmentOnClicked",
    "SegmentOnProfile",
    "SegmentOnProfilesFromAlwaysActiveAndFitnessChallenge",
    "SegmentOnProfilesFromColorRun",
    "SegmentOnProfilesWithMembership",
    "SegmentOnReceivedEmail",
    "SegmentRegisteredInEvent",
)


def published_scope(subscribing_type: str = "Membership") -> Scope:
    """The scope of a published statement; `subscribing_type` is where InSubscription leads to from Contact."""
    in_subscription = RelationshipType(
        name=IN_SUBSCRIPTION,
        source="Contact",
        target=subscribing_type,
        attributes=attributes(Status=STRING, SubscriptionEndDate=DATETIME),
    )
    return Scope(
        catalog=Catalog(
            profile_types={each.name: each for each in PROFILE_TYPES},
            relationship_types={each.name: each for each in (*RELATIONSHIP_TYPES, in_subscription)},
            interaction_types={each.name: each for each in INTERACTION_TYPES},
        ),
        segments={name: SegmentReference(name=name, profile_type="Contact") for name in SEGMENTS},
    )
