"""Knows how to write the sample park: four invented sites, as the spreadsheets a park would really send."""

from __future__ import annotations

from pathlib import Path

from data.invent.books import AREA, DATE, MONEY, NUMBER, PLACE, Heading, Value, write_book
from data.invent.firms import SITES, STATED_ON, Firm, Site, Stay
from data.invent.names import SUBSECTORS, folded
from data.invent.others import OTHERS
from data.invent.park import invent_park

PARK = "Parc Essaim"
STATED = f"Situation au {STATED_ON:%d/%m/%Y}"
SOURCE = "Source : direction du parc – données inventées"

TENANTS = (
    Heading("ICE", width=18),
    Heading("Raison sociale", width=36),
    Heading("Type d'occupant", width=16),
    Heading("Site"),
    Heading("Secteur", width=30),
    Heading("Sous-secteur", width=26),
    Heading("Forme juridique"),
    Heading("Date de création", DATE),
    Heading("Date d'entrée", DATE),
    Heading("Date de sortie", DATE),
    Heading("Motif de sortie", width=18),
    Heading("Superficie (m²)", AREA, total=True),
    Heading("Loyer mensuel", MONEY, total=True),
    Heading("Effectif", NUMBER, total=True),
    Heading("Dirigée par une femme", width=12),
)
FOLLOW_UP = (
    Heading("ICE", width=18),
    Heading("Raison sociale", width=36),
    Heading("Promotion", width=16),
    Heading("Date de fin de programme", DATE, width=16),
    Heading("Statut", width=20),
    Heading("Date du statut", DATE),
    Heading("Date de fermeture", DATE),
    Heading("Effectif", NUMBER),
)
SITE_LIST = (
    Heading("Site"),
    Heading("Date d'ouverture", DATE),
    Heading("Superficie locative (m²)", AREA),
    Heading("Nombre d'unités", NUMBER),
    Heading("Latitude", PLACE),
    Heading("Longitude", PLACE),
)
SECTOR_LIST = (Heading("Secteur", width=48), Heading("Sous-secteur", width=36))

REASONS = {
    "graduated": "Fin de programme",
    "moved": "Déménagement",
    "transfer": "Transfert",
    "closed": "Fermeture",
    "merged": "Fusion",
    "evicted": "Expulsion",
    "other": "Autre",
}
STATUSES = {
    "hosted": "Hébergée",
    "alumni": "En activité hors site",
    "closed": "Fermée",
    "merged": "Fusionnée",
    "unknown": "Inconnue",
}


def write_sample(folder: Path) -> list[Path]:
    """Writes the sample park's workbooks into the folder, made where it is absent; the same bytes at every call.

    Returns the paths in the order to load them: the park's lists, a register per site, a follow-up per intake.
    """
    folder.mkdir(parents=True, exist_ok=True)
    firms = invent_park()
    paths = [_sites(folder), _sectors(folder)]
    paths += [_tenants(folder, site, firms) for site in SITES]
    intakes = sorted({firm.entered_on.year for firm in firms})
    return paths + [_intake(folder, year, firms) for year in intakes]


def _sites(folder: Path) -> Path:
    rows = [(s.name, s.opened_on, s.lettable_area_m2, s.lettable_units, s.latitude, s.longitude) for s in SITES]
    return write_book(folder / "sites.xlsx", "Sites", (f"{PARK} – Sites", STATED, SOURCE), SITE_LIST, rows)


def _sectors(folder: Path) -> Path:
    rows = [(line.sector, line.name) for line in SUBSECTORS]
    return write_book(folder / "secteurs.xlsx", "Secteurs", (f"{PARK} – Secteurs", STATED, SOURCE), SECTOR_LIST, rows)


def _tenants(folder: Path, site: Site, firms: list[Firm]) -> Path:
    rows = [(stay.entered_on, _tenant(firm, stay)) for firm in firms for stay in firm.stays if stay.site == site.name]
    for other in OTHERS:
        if other.site == site.name:
            told: tuple[Value, ...] = (other.firm_id, other.name, other.occupant_type, other.site)
            space: tuple[Value, ...] = (other.area_m2, other.monthly_rent, None, None)
            rows.append((other.entered_on, (*told, *[None] * 4, other.entered_on, other.left_on, None, *space)))
    rows.sort(key=lambda row: (row[0], str(row[1][1])))
    titles = (f"{PARK} – Locataires du site de {site.name}", STATED, SOURCE)
    name = f"locataires-{folded(site.name)}.xlsx"
    return write_book(folder / name, "Locataires", titles, TENANTS, [row for _, row in rows])


def _tenant(firm: Firm, stay: Stay) -> tuple[Value, ...]:
    # The oldest entries are known to the year or the month only, and written so.
    written = {"month": f"{stay.entered_on:%m/%Y}", "year": f"{stay.entered_on:%Y}"}
    entered_on: Value = written.get(stay.precision, stay.entered_on)
    headcount = stay.headcount if stay.headcount or stay.left_on is None else "n.c."
    return (
        firm.firm_id,
        firm.name,
        "Locataire",
        stay.site,
        firm.line.sector,
        firm.line.name,
        firm.legal_form,
        firm.founded_on,
        entered_on,
        stay.left_on,
        REASONS[stay.exit_reason] if stay.exit_reason else None,
        stay.area_m2,
        stay.monthly_rent,
        headcount,
        "Oui" if firm.women_led else "Non",
    )


def _intake(folder: Path, year: int, firms: list[Firm]) -> Path:
    intake = f"Promotion {year}"
    rows = [
        (
            firm.firm_id,
            firm.name,
            intake,
            firm.graduated_on,
            STATUSES[firm.status],
            firm.status_on,
            firm.known_closed_on,
            firm.headcount,
        )
        for firm in sorted(firms, key=lambda firm: folded(firm.name))
        if firm.entered_on.year == year
    ]
    titles = (f"{PARK} – Suivi de la promotion {year}", STATED, SOURCE)
    return write_book(folder / f"promotion-{year}.xlsx", intake, titles, FOLLOW_UP, rows)
