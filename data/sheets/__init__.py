"""The kinds of list the park keeps: SHEETS, in the order in which a list that fits several is taken for one."""

from data.sheet import Sheet
from data.sheets.cohorts import COHORTS
from data.sheets.sectors import SECTORS
from data.sheets.sites import SITES
from data.sheets.solutions import SOLUTIONS
from data.sheets.tenants import TENANTS

SHEETS: dict[str, Sheet] = {sheet.kind: sheet for sheet in (TENANTS, COHORTS, SITES, SECTORS, SOLUTIONS)}
