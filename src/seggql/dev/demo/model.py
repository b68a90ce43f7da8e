"""The demo's types; attributes keep the names of the data's columns."""

from seggql.catalog.model import Attribute, AttributeType, InteractionType, Link, ProfileType, RelationshipType

_STRING, _INT, _LONG = AttributeType.STRING, AttributeType.INT, AttributeType.LONG
_DOUBLE, _DATETIME = AttributeType.DOUBLE, AttributeType.DATETIME

HOUSEHOLD = ProfileType(
    name="Household",
    attributes=tuple(
        Attribute(name=name, type=_STRING)
        for name in (
            "age",
            "income",
            "home_ownership",
            "marital_status",
            "household_size",
            "household_comp",
            "kids_count",
        )
    ),
)

CAMPAIGN = ProfileType(
    name="Campaign",
    attributes=(
        Attribute(name="campaign_type", type=_STRING),
        Attribute(name="start_date", type=_DATETIME),
        Attribute(name="end_date", type=_DATETIME),
        Attribute(name="coupon_upc", type=_LONG, is_array=True, display_name="Coupons of the campaign"),
    ),
)

PRODUCT = ProfileType(
    name="Product",
    attributes=(
        Attribute(name="manufacturer_id", type=_INT),
        Attribute(name="department", type=_STRING, is_indexed=True),
        Attribute(name="brand", type=_STRING),
        Attribute(name="product_category", type=_STRING),
        Attribute(name="product_type", type=_STRING),
        Attribute(name="package_size", type=_STRING),
    ),
)

RECEIVED_CAMPAIGN = RelationshipType(
    name="ReceivedCampaign",
    source="Campaign",
    target="Household",
    attributes=(Attribute(name="start_date", type=_DATETIME, display_name="First day of the campaign"),),
)

PURCHASE = InteractionType(
    name="Purchase",
    links=(
        Link(name="Purchase_Household", profile_type="Household"),
        Link(name="Purchase_Product", profile_type="Product"),
    ),
    attributes=(
        Attribute(name="store_id", type=_INT),
        Attribute(name="basket_id", type=_LONG),
        Attribute(name="quantity", type=_INT),
        Attribute(name="sales_value", type=_DOUBLE),
        Attribute(name="retail_disc", type=_DOUBLE),
        Attribute(name="coupon_disc", type=_DOUBLE),
        Attribute(name="coupon_match_disc", type=_DOUBLE),
        Attribute(name="week", type=_INT),
    ),
    is_activity=True,
)

COUPON_REDEMPTION = InteractionType(
    name="CouponRedemption",
    links=(
        Link(name="CouponRedemption_Household", profile_type="Household"),
        Link(name="CouponRedemption_Campaign", profile_type="Campaign"),
    ),
    attributes=(Attribute(name="coupon_upc", type=_LONG),),
)

PROFILE_TYPES = (HOUSEHOLD, CAMPAIGN, PRODUCT)
RELATIONSHIP_TYPES = (RECEIVED_CAMPAIGN,)
INTERACTION_TYPES = (PURCHASE, COUPON_REDEMPTION)
