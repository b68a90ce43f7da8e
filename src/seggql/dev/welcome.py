"""What `seggql dev` tells whoever started it: where things are, what to try, and that it stopped."""

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from seggql.settings import Settings


def tell_start(console: Console, folder: Path) -> None:
    """Before anything is up."""
    console.print(f"seggql is starting, with everything in {folder}", soft_wrap=True)


def tell_address(console: Console, settings: Settings, address: str) -> None:
    """Once requests are answered."""
    console.print(f"[bold green]Ready.[/] GraphiQL: [bold]{address}/graphql[/]", soft_wrap=True)
    console.print(f"MongoDB: {settings.mongodb_uri} (database {settings.database})", style="dim", soft_wrap=True)
    console.print(
        "Only this machine can reach it; there is no access control yet. Ctrl-C stops it.", style="dim", soft_wrap=True
    )


def progress_bars(console: Console) -> Progress:
    """Bars for long work: what, how far, how many of how many, how long still."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    )


def tell_what_to_try(console: Console, examples: tuple[tuple[str, str], ...]) -> None:
    """Queries for GraphiQL, each with what it shows."""
    console.print("\nThree queries to try in GraphiQL:", soft_wrap=True)
    for title, query in examples:
        console.print(f"\n[bold]# {title}[/]", soft_wrap=True)
        console.print(query, markup=False, soft_wrap=True)


def tell_file(console: Console, path: str, members: int) -> None:
    """Where an export is."""
    console.print(f"\nThe export of a segment, {members:,} members: [bold]{path}[/]", soft_wrap=True)


def tell_stop(console: Console) -> None:
    """After everything has ended."""
    console.print("seggql has stopped. The data is kept.", soft_wrap=True)
