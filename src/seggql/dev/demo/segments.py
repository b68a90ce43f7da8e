"""The demo's segments: together they use every element of the language."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSegment:
    """A segment to create; `member_keys` and listings make it static, otherwise it is dynamic."""

    name: str
    display_name: str
    profile_type: str
    query: str | None = None
    member_keys: tuple[str, ...] = ()
    is_static: bool = False
    tags: tuple[str, ...] = ("demo",)


FAMILIES = DemoSegment(
    name="Families",
    display_name="Families with children",
    profile_type="Household",
    query="""
PROFILE(Household)
.FILTER(kids_count IN ('1', '2', '3+') OR (kids_count != '0' && household_comp CONTAINS 'adults kids' IGNORECASE))
.FILTER(NOT household_size == '1')
""",
)

HIGH_INCOME = DemoSegment(
    name="HighIncome",
    display_name="Home owners with 100K and more",
    profile_type="Household",
    query="""
-- "100-124K", "250K+": three digits first
PROFILE(Household)
.FILTER(income MATCHES '^\\d{3}' AND income NOT STARTSWITH 'Under')
.FILTER(home_ownership ENDSWITH 'homeowner' IGNORECASE AND ISNOTNULL(marital_status) AND age NOT IN ('19-24', '65+'))
""",
)

BIG_SPENDERS = DemoSegment(
    name="BigSpenders",
    display_name="Spent over 1,000 in 90 days",
    profile_type="Household",
    query="""
INTERACTION(Purchase, Purchase_Household)
.FILTER(quantity > 0)
.HAVING(SUM(sales_value) > 1000 AND COUNTDISTINCT(basket_id) >= 10, UTCDAYS(90))
""",
)

BARGAIN_HUNTERS = DemoSegment(
    name="BargainHunters",
    display_name="A quarter saved by discounts, in half a year",
    profile_type="Household",
    query="""
INTERACTION(Purchase, Purchase_Household)
.FILTER(sales_value > 0 && quantity BETWEEN 1 AND 100)
.HAVING(
    (SUM(retail_disc) + SUM(coupon_disc)) / (SUM(sales_value) + SUM(retail_disc) + SUM(coupon_disc)) > 0.25
    && AVG(sales_value) <= 5 && MIN(Timestamp) < DATEADD(DAY, -30, DATETIMEUTCNOW()),
    UTCMONTHS(6)
)
""",
)

LAPSED = DemoSegment(
    name="Lapsed",
    display_name="Bought within a year, but not for four weeks",
    profile_type="Household",
    query="""
Bought = INTERACTION(Purchase, Purchase_Household).HAVING(COUNT() >= 20, UTCYEARS(1));
Recently = INTERACTION(Purchase, Purchase_Household).HAVING(COUNT() > 0, UTCDAYS(28))
Bought EXCEPT Recently
""",
)

WEEKEND_SHOPPERS = DemoSegment(
    name="WeekendShoppers",
    display_name="At least half of a quarter's purchases at the weekend",
    profile_type="Household",
    query="""
INTERACTION(Purchase, Purchase_Household)
.FILTER(DATEPART(WEEKDAY, Timestamp) IN (6, 7))
.HAVING(
    COUNT() >= 50 AND DATEDIFF(DAY, MAX(Timestamp), DATETIMEUTCNOW()) BETWEEN 0 AND 21,
    BETWEEN(DATEADD(MONTH, -3, DATETIMEUTCNOW()), DATETIMEUTCNOW())
)
.DISTINCT()
""",
)

RUNNING_CAMPAIGNS = DemoSegment(
    name="RunningCampaigns",
    display_name="Campaigns that are running now",
    profile_type="Campaign",
    query="""
PROFILE(Campaign)
.FILTER(start_date <= DATETIMEUTCNOW() AND end_date >= DATETIMEUTCNOW())
.FILTER(start_date > DATE(2016, 1, 1) AND NOT ISNULL(campaign_type))
""",
)

REACHED_NOW = DemoSegment(
    name="ReachedNow",
    display_name="Households that a running campaign reaches",
    profile_type="Household",
    query="SEGMENT(RunningCampaigns).TRAVERSE(ReceivedCampaign)",
)

COUPON_LOVERS = DemoSegment(
    name="CouponLovers",
    display_name="Families of campaigns with many coupons",
    profile_type="Household",
    query="""
PROFILE(Campaign)
.FILTER(
    LENGTH(coupon_upc) > 10
    AND ANY(coupon_upc, VALUE >= 50000000000)
    AND NOT ALL(coupon_upc, VALUE < 51000000000)
    AND coupon_upc != 10000085207
)
.TRAVERSE(ReceivedCampaign, FILTER(start_date >= DATEADD(MONTH, -9, DATETIMEUTCNOW())))
.FILTER(Household.kids_count != '0' OR ISNULL(kids_count))
""",
)

NOT_REDEEMED = DemoSegment(
    name="NotRedeemed",
    display_name="Got a Type A campaign and redeemed no coupon",
    profile_type="Household",
    query="""
PROFILE(Campaign).FILTER(campaign_type = 'Type A').TRAVERSE(ReceivedCampaign)
MINUS INTERACTION(CouponRedemption, CouponRedemption_Household)
""",
)

FAMILY_CAMPAIGNS = DemoSegment(
    name="FamilyCampaigns",
    display_name="Campaigns that families got and somebody redeemed",
    profile_type="Campaign",
    query="""
SEGMENT(Families).TRAVERSE(ReceivedCampaign, REVERSE).FILTER(DATEPART(YEAR, end_date) - DATEPART(YEAR, start_date) <= 1)
INTERSECT INTERACTION(CouponRedemption, CouponRedemption_Campaign).HAVING(COUNT() * 2 - 1 >= 9)
""",
)

BEST_SELLERS = DemoSegment(
    name="BestSellers",
    display_name="Products of the last 30 days",
    profile_type="Product",
    query="""
(INTERACTION(Purchase, Purchase_Product).HAVING(SUM(quantity) >= 50 AND MAX(sales_value) < 100, UTCHOURS(720)))
.FILTER(department <> 'FUEL' && (product_category == 'SOFT DRINKS' || department NOT IN ('COUPON', 'MISCELLANEOUS')))
""",
)

SHELF_WARMERS = DemoSegment(
    name="ShelfWarmers",
    display_name="Own-brand products that nobody bought for two months",
    profile_type="Product",
    query="""
PROFILE(Product).FILTER(brand == 'Private' AND !(department == 'FUEL') AND package_size NOT CONTAINS 'LB')
EXCEPT INTERACTION(Purchase, Purchase_Product).HAVING(COUNT() > 0, UTCMONTHS(2))
""",
)

VIP = DemoSegment(
    name="Vip",
    display_name="Worth a letter: big or rich, and not lapsed",
    profile_type="Household",
    query="(SEGMENT(BigSpenders) UNION SEGMENT(HighIncome)).EXCEPT(SEGMENT(Lapsed))",
)

SURVEY = DemoSegment(
    name="Survey",
    display_name="200 households for a survey, drawn once",
    profile_type="Household",
    is_static=True,
    query="PROFILE(Household).FILTER(ISNOTNULL(age)).ORDERBY(age DESC, Key ASC).SKIP(10).TAKE(200).SELECT(age, income)",
)

TASTERS = DemoSegment(
    name="Tasters",
    display_name="Tasters, chosen by hand",
    profile_type="Household",
    is_static=True,
    member_keys=("1", "1001", "1003", "1004", "101"),
)

DEMO_SEGMENTS = (
    FAMILIES,
    HIGH_INCOME,
    BIG_SPENDERS,
    BARGAIN_HUNTERS,
    LAPSED,
    WEEKEND_SHOPPERS,
    RUNNING_CAMPAIGNS,
    REACHED_NOW,
    COUPON_LOVERS,
    NOT_REDEEMED,
    FAMILY_CAMPAIGNS,
    BEST_SELLERS,
    SHELF_WARMERS,
    VIP,
    SURVEY,
    TASTERS,
)
