"""Every migration of our own collections, in order: `MIGRATIONS[0]` leads to version 2, and so on.

One that is released stays as it is. A step may be interrupted anywhere and run again, also over documents that it has
changed already, and it runs while other processes work. What only gets a new field with a default needs none.
"""

from seggql.store.migrations.claims import give_every_job_a_lease
from seggql.store.migrations.due_dates import give_intervals_a_due_date
from seggql.store.migrations.fewer_indexes import drop_indexes_that_refreshes_keep
from seggql.store.migrations.packs import give_every_type_a_pack
from seggql.store.migrations.run import Migration

MIGRATIONS: tuple[Migration, ...] = (
    give_every_job_a_lease,
    give_intervals_a_due_date,
    give_every_type_a_pack,
    drop_indexes_that_refreshes_keep,
)
