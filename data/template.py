"""The empty spreadsheet to fill in, and the help page: both written from the declaration of a sheet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from data.names import Lists
from data.sheet import Column, Sheet
from data.sheets import SHEETS

STATED_DAY = "Situation au JJ/MM/AAAA"
HELP, CHOICES = "Aide", "Listes"
_ROWS = 5_000  # rows below the header that offer the lists to choose from
_HEADER = 3
_FORMATS = {
    "date": "dd/mm/yyyy",
    "money": "#,##0.00",
    "number": "#,##0.0#",
    "integer": "0",
    "id": "@",
    "text": "@",
    "choices": "@",
    "link": "@",
}
_TYPES = {
    "id": "identifiant (texte)",
    "text": "texte",
    "site": "site de la liste",
    "sector": "secteur de la liste",
    "choice": "choix dans une liste",
    "date": "date (jj/mm/aaaa, mm/aaaa ou aaaa)",
    "number": "nombre",
    "money": "montant",
    "integer": "nombre entier",
    "choices": "un ou plusieurs mots de la liste",
    "link": "adresse web",
    "yes_no": "oui ou non",
}

Words = Callable[[str], str]


def write_template(kind: str, path: str | Path, lists: Lists | None = None, words: Words = str) -> None:
    """Writes the template of a kind as XLSX: French headers, lists to choose from, formats and a help sheet.

    The title row waits for the stated day. `lists` gives the sites and sectors to choose from, `words` translates the
    declaration's sentences. KeyError for a kind that does not exist.
    """
    sheet = SHEETS[kind]
    book = Workbook()
    main = book.active
    assert isinstance(main, Worksheet)
    main.title = sheet.fr
    main["A1"] = f"{sheet.fr} – {STATED_DAY}"
    main["A1"].font = Font(bold=True, size=14)
    main["A2"] = "Remplacez JJ/MM/AAAA par le jour que décrit la liste. Les colonnes en gras sont obligatoires."
    main["A2"].font = Font(italic=True, color="666666")
    choices = book.create_sheet(CHOICES)
    choices.sheet_state = "hidden"
    for place, column in enumerate(sheet.columns, start=1):
        letter = get_column_letter(place)
        cell = main.cell(_HEADER, place, column.fr)
        cell.font = Font(bold=_needed(sheet, column) is not None)
        cell.fill = PatternFill("solid", fgColor="DDE7F0")
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        main.column_dimensions[letter].width = max(14, len(column.fr) + 2)
        if column.type in _FORMATS:
            main.column_dimensions[letter].number_format = _FORMATS[column.type]
        offered = _offered(column, lists or Lists(), kind)
        if offered:
            source = get_column_letter(choices.max_column + 1 if choices.max_column > 1 or choices["A1"].value else 1)
            for row, word in enumerate(offered, start=1):
                choices[f"{source}{row}"] = word
            main.add_data_validation(_validation(letter, f"{CHOICES}!${source}$1:${source}${len(offered)}", column))
    main.freeze_panes = main.cell(_HEADER + 1, 1)
    main.row_dimensions[_HEADER].height = 32
    _write_help(book.create_sheet(HELP), sheet, words)
    book.save(path)


def _offered(column: Column, lists: Lists, kind: str) -> list[str]:
    """The words a person may choose from: none where the column is what fills the list, or the list is empty."""
    # A list to choose from would let a person choose one.
    if column.choices and column.type != "choices":
        return [labels[0] for labels in column.choices.values()]
    if column.type == "yes_no":
        return ["oui", "non"]
    if column.type == "site" and kind != "sites":
        return list(lists.sites)
    if column.name == "sector" and kind != "sectors":
        return list(dict.fromkeys(sector for sector, _ in lists.sectors))
    if column.name == "subsector" and kind != "sectors":
        return list(dict.fromkeys(subsector for _, subsector in lists.sectors if subsector))
    return []


def _validation(letter: str, source: str, column: Column) -> DataValidation:
    rule = DataValidation(type="list", formula1=source, allow_blank=True)
    rule.add(f"{letter}{_HEADER + 1}:{letter}{_HEADER + _ROWS}")
    rule.errorTitle, rule.error = column.fr, "Choisissez une valeur de la liste."
    rule.showErrorMessage = True
    return rule


def _needed(sheet: Sheet, column: Column) -> tuple[str, ...] | None:
    return next((names for names in sheet.needs if column.name in names), None)


def _duty(sheet: Sheet, column: Column) -> str:
    names = _needed(sheet, column)
    if names is None:
        return "non"
    others = [sheet.column(name).fr for name in names if name != column.name]
    return f"oui, ou {' ou '.join(others)}" if others else "oui"


def _write_help(help_sheet: Worksheet, sheet: Sheet, words: Words) -> None:
    help_sheet.append(
        ["Colonne", "Obligatoire", "Type", "Ce qu'elle dit", "Exemple", "Valeurs", "Autres titres reconnus"]
    )
    for column in sheet.columns:
        values = ", ".join(labels[0] for labels in column.choices.values())
        row = [column.fr, _duty(sheet, column), _TYPES[column.type], words(column.says), column.example, values]
        help_sheet.append([*row, ", ".join(_others(column))])
    for letter, width in zip("ABCDEFG", (26, 24, 30, 60, 22, 44, 80), strict=True):
        help_sheet.column_dimensions[letter].width = width
    for cells in help_sheet.iter_rows():
        for cell in cells:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            # An example such as "=…" or "+212…" is a text here, never a formula.
            cell.data_type = "s" if isinstance(cell.value, str) else cell.data_type
    for cell in help_sheet[1]:
        cell.font = Font(bold=True)


def _others(column: Column) -> list[str]:
    return [name for name in dict.fromkeys((column.en, *column.synonyms, column.name)) if name != column.fr]


def help_text(kind: str, words: Words = str) -> str:
    """The help page of a kind in Markdown: what a row is, what each column says, if it is needed, its other headers.

    KeyError for a kind that does not exist.
    """
    sheet = SHEETS[kind]
    lines = [f"## {sheet.fr}", "", words(sheet.says), ""]
    lines += ["| Colonne | Champ | Obligatoire | Type | Ce qu'elle dit | Exemple | Autres titres reconnus |"]
    lines += ["|---|---|---|---|---|---|---|"]
    for column in sheet.columns:
        says = words(column.says)
        if column.choices:
            values = ", ".join(f"{labels[0]} (`{name}`)" for name, labels in column.choices.items())
            says = f"{says} {values}."
        parts = [column.fr, f"`{column.name}`", _duty(sheet, column), _TYPES[column.type], says, column.example]
        lines.append("| " + " | ".join([*parts, ", ".join(_others(column))]) + " |")
    return "\n".join(lines) + "\n"
