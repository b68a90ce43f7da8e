"""The types of the contest: people, who live in households, buy and visit."""

from seggql.catalog.model import Attribute, AttributeType, InteractionType, Link, ProfileType, RelationshipType

COUNTRIES = (
    *("DE", "US", "FR", "GB", "PL", "JP", "BR", "IN", "NG", "IT", "ES", "NL", "SE", "CA", "AU", "MX", "KR", "TR"),
    *("ZA", "AR", "EG", "VN", "TH", "ID", "PH", "CO", "CL", "PE", "PT", "GR", "CZ", "HU", "RO", "FI", "NO", "DK"),
)
PLANS = ("free", "basic", "plus", "pro", "enterprise")
LANGUAGES = ("en", "de", "fr", "pl", "ja", "pt", "hi", "it", "es", "nl")
GENDERS = ("f", "m", "d")
REGIONS = ("north", "south", "east", "west", "centre")
ROLES = ("owner", "tenant", "child", "guest")
CATEGORIES = tuple(f"category {n}" for n in range(24))
CITIES, STORES, PAGES, TAGS = 2_000, 400, 3_000, 60
UNUSED = 9
"""Numbers and texts of each person that no segment looks at."""


def _indexed(name: str, type_: AttributeType) -> Attribute:
    return Attribute(name=name, type=type_, is_indexed=True)


def _plain(name: str, type_: AttributeType) -> Attribute:
    return Attribute(name=name, type=type_)


PERSON = ProfileType(
    name="Person",
    attributes=(
        _indexed("Score", AttributeType.INT),
        _indexed("Country", AttributeType.STRING),
        Attribute(
            name="Address",
            type=AttributeType.OBJECT,
            attributes=(_plain("City", AttributeType.STRING), _plain("Zip", AttributeType.STRING)),
        ),
        _plain("Age", AttributeType.INT),
        _plain("Gender", AttributeType.STRING),
        _plain("Income", AttributeType.DOUBLE),
        _plain("IsCustomer", AttributeType.BOOLEAN),
        _plain("Plan", AttributeType.STRING),
        _plain("Language", AttributeType.STRING),
        _plain("JoinedAt", AttributeType.DATETIME),
        _plain("LastLoginAt", AttributeType.DATETIME),
        Attribute(name="Tags", type=AttributeType.STRING, is_array=True),
        *(_plain(f"Number{n}", AttributeType.DOUBLE) for n in range(UNUSED)),
        *(_plain(f"Text{n}", AttributeType.STRING) for n in range(UNUSED)),
    ),
)
"""30 attributes, of which segments use the first twelve."""

HOUSEHOLD = ProfileType(
    name="Household",
    attributes=(
        _plain("Size", AttributeType.INT),
        _indexed("Region", AttributeType.STRING),
        _plain("Income", AttributeType.DOUBLE),
    ),
)

LIVES_IN = RelationshipType(
    name="LivesIn",
    source="Person",
    target="Household",
    attributes=(_plain("Role", AttributeType.STRING), _plain("Since", AttributeType.DATETIME)),
)

PURCHASE = InteractionType(
    name="Purchase",
    links=(Link(name="Buyer", profile_type="Person"),),
    attributes=(
        _indexed("Amount", AttributeType.DOUBLE),
        _plain("Quantity", AttributeType.INT),
        _plain("Category", AttributeType.STRING),
        _plain("Store", AttributeType.STRING),
    ),
)

VISIT = InteractionType(
    name="Visit",
    links=(Link(name="Visitor", profile_type="Person"),),
    attributes=(_indexed("Seconds", AttributeType.INT), _plain("Page", AttributeType.STRING)),
)
