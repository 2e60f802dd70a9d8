"""Cohorts: one row per firm and programme intake, with what became of the firm since."""

from data.sheet import Sheet
from data.sheets.firms import FIRM_COLUMNS

COHORTS = Sheet(
    kind="cohorts",
    fr="Suivi des promotions",
    says="One row per firm and programme intake, with its follow-up: still active or not, and known on which day.",
    columns=FIRM_COLUMNS,
    needs=(("firm_id", "firm_name"), ("cohort",)),
    key=("firm", "cohort"),
    hints=("cohorte", "cohortes", "promotion", "promotions", "cohort", "cohorts", "intake", "batch"),
    tells=("status_on", "graduated_on"),
)
