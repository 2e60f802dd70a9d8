"""Sectors: the park's list of sectors and sub-sectors, one row per sub-sector."""

from data.sheet import Sheet
from data.sheets.firms import SECTOR, SUBSECTOR

SECTORS = Sheet(
    kind="sectors",
    fr="Secteurs",
    says="One row per sub-sector of the park's list; a sector without sub-sectors is a row of its own.",
    columns=(SECTOR, SUBSECTOR),
    needs=(("sector",),),
    key=("sector", "subsector"),
    hints=("secteurs", "sectors", "nomenclature"),
)
