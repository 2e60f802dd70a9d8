"""Tenants: one row per stay of a firm at a site; it may also say how the firm fared."""

from data.sheet import Sheet
from data.sheets.firms import FIRM_COLUMNS

TENANTS = Sheet(
    kind="tenants",
    fr="Locataires",
    says="One row per stay: a firm, its site, the day it came and the day it left.",
    columns=FIRM_COLUMNS,
    needs=(("firm_id", "firm_name"), ("site",), ("entered_on",)),
    key=("firm", "site", "entered_on"),
    hints=("locataire", "locataires", "heberge", "hebergees", "residents", "tenants", "tenancy"),
    tells=("area_m2", "monthly_rent", "occupant_type", "left_on"),
)
