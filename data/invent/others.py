"""Knows who else occupies the invented park: a bank, public desks and service providers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Other:
    """An occupant that is not a tenant; a public desk has no company identifier."""

    firm_id: str | None
    name: str
    occupant_type: str
    site: str
    entered_on: date
    left_on: date | None
    area_m2: float
    monthly_rent: float | None


BANK, DESK, PROVIDER = "Banque", "Guichet public", "Prestataire"

OTHERS = (
    Other(
        "009000001000018", "Banque Ouarzélia – agence du parc", BANK, "Casablanca", date(2002, 3, 1), None, 180, 14_400
    ),
    Other(None, "Guichet de la création d'entreprise", DESK, "Casablanca", date(2003, 9, 15), None, 95, None),
    Other(
        "009000002000015", "Le Figuier Bleu – restauration", PROVIDER, "Casablanca", date(2001, 4, 2), None, 320, 16_000
    ),
    Other("009000003000012", "Azurane Nettoyage", PROVIDER, "Casablanca", date(2001, 2, 5), date(2011, 6, 30), 25, 900),
    Other("009000004000009", "Sentinéa Gardiennage", PROVIDER, "Casablanca", date(2011, 7, 1), None, 22.5, 1_125),
    Other(None, "Guichet unique de l'investissement", DESK, "Rabat", date(2012, 9, 3), None, 70, None),
    Other("009000001000018", "Banque Ouarzélia – agence du parc", BANK, "Rabat", date(2013, 1, 7), None, 110, 9_350),
    Other("009000002000015", "Le Figuier Bleu – restauration", PROVIDER, "Rabat", date(2012, 6, 1), None, 160, 8_800),
    Other(None, "Guichet de la propriété industrielle", DESK, "Tanger", date(2015, 10, 1), None, 45, None),
    Other("009000005000006", "Café Tamarisque", PROVIDER, "Tanger", date(2015, 5, 4), None, 120, 5_400),
    Other("009000006000003", "Pépinéa Services", PROVIDER, "Agadir", date(2020, 2, 3), None, 60, 2_400),
)
