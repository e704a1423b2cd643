"""`python -m bench`: run the measurements, print the table, write var/bench.json.

`--quick` takes little data and short runs: it shows that the measurements work, and its figures say nothing.
"""

from collections.abc import Callable

import click
from rich.console import Console

from bench import bench_accept, bench_export, bench_import, bench_list, bench_pages
from bench.installation import FULL, QUICK, VAR, installation
from bench.results import Result, save, show

Bench = Callable[..., list[Result]]
BENCHES: dict[str, Bench] = {
    "list": bench_list.run,
    "pages": bench_pages.run,
    "accept": bench_accept.run,
    "import": bench_import.run,
    "export": bench_export.run,
}


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(sorted(BENCHES)))
@click.option("--quick", is_flag=True, help="Little data, short runs: only shows that the measurements work.")
def main(names: tuple[str, ...], quick: bool) -> None:
    """Measure NAMES, or everything."""
    results: list[Result] = []
    with installation(QUICK if quick else FULL) as measured:
        for name in names or BENCHES:
            results += BENCHES[name](measured, seconds=0.3 if quick else 3.0)
    save(results, VAR / "bench.json")
    show(results, Console())


if __name__ == "__main__":
    main()
