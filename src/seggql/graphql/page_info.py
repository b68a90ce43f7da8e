"""Where a page stands in its list."""

import strawberry


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """Relay's page information; the cursors are null on an empty page."""

    has_next_page: bool = strawberry.field(description="Whether more follows this page.")
    has_previous_page: bool = strawberry.field(description="Whether something comes before this page.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first edge; null on an empty page.")
    end_cursor: str | None = strawberry.field(
        description="Cursor of the last edge: give it as `after` to read on; null on an empty page."
    )
