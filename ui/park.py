"""Which state of knowledge the pages show: the latest generation of the ledger that the environment names."""

from __future__ import annotations

from functools import cache

from data.warehouse import Generation, Warehouse


@cache
def warehouse() -> Warehouse:
    """The process's one warehouse; it opens each generation once and hands out a cursor per question."""
    return Warehouse.from_environment()


def generation() -> Generation:
    """The latest state of knowledge: looked up at every run, so that a load shows at the next click."""
    return warehouse().generation()


def verify() -> None:
    """Raises where the ledger cannot be read or the latest generation does not answer."""
    generation().query("select 1")


def sites(park: Generation) -> list[str]:
    """Every site in a lasting order, the oldest first: what gives each its colour."""
    answer = park.query("""
        with named as (
            select site::varchar as site, opened_on from sites
            union all
            select site::varchar, null from tenants
        )
        select site from named where site is not null group by site order by min(opened_on) nulls last, site
    """)
    return list(answer["site"])
