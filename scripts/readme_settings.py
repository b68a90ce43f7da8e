"""Writes the table of settings into the README, from the settings themselves."""

from pathlib import Path

from seggql.settings import Settings

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- settings: written by scripts/readme_settings.py -->", "<!-- end of settings -->"


def settings_table() -> str:
    """Every setting with its default and its meaning, as a Markdown table."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, setting in Settings.model_fields.items():
        default = str(setting.default).lower() if isinstance(setting.default, bool) else setting.default
        rows.append(f"| `SEGGQL_{name.upper()}` | `{default}` | {setting.description} |")
    return "\n".join(rows)


def with_table(readme: str) -> str:
    """`readme` with the table as it is now."""
    before, rest = readme.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n{settings_table()}\n{END}{after}"


if __name__ == "__main__":
    README.write_text(with_table(README.read_text()))
