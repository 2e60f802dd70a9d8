"""Everything that can be wrong with a spreadsheet: its code, severity, title, reason and sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Wrong:
    """One kind of wrong, declared once.

    `severity` is "error" (the row, or the file where no row is named, cannot stand), "warning" (it stands, but a
    person should look and accept), or "note" (said, needs no decision). `sentence` is a constant template with named
    fields, so that it can be translated: it says what is wrong, where, and how to mend it. `on_page` says the same
    where a person mends it on the page, not by a flag of the command line.
    """

    code: str
    severity: str
    title: str
    reason: str
    sentence: str
    on_page: str = ""

    @property
    def shown(self) -> str:
        """The sentence for whoever reads it on a page."""
        return self.on_page or self.sentence


@dataclass(frozen=True)
class Problem:
    """A wrong at a place: sheet, 1-based row of the sheet, column as its header is written, value as written."""

    code: str
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None
    details: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def wrong(self) -> Wrong:
        return WRONGS[self.code]

    @property
    def severity(self) -> str:
        return self.wrong.severity

    @property
    def message(self) -> str:
        """The sentence with its places filled in."""
        places = {"sheet": self.sheet, "row": self.row, "column": self.column, "value": self.value}
        return self.wrong.sentence.format(**{**places, **self.details})

    def as_json(self) -> dict[str, Any]:
        """The object that `load --json` prints for this problem."""
        return {
            "code": self.code,
            "severity": self.severity,
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
            "value": self.value,
            "message": self.message,
        }


class Refused(Exception):
    """A file that cannot go on: `problems` says why; `unreadable` is true where not even its cells could be read."""

    def __init__(self, *problems: Problem, unreadable: bool = False) -> None:
        super().__init__(" ".join(problem.message for problem in problems))
        self.problems = problems
        self.unreadable = unreadable


WRONGS: dict[str, Wrong] = {}


def declare(*wrongs: Wrong) -> None:
    """Adds kinds of wrong to the list; a code may be declared once only."""
    for wrong in wrongs:
        if wrong.code in WRONGS:
            raise ValueError(f"{wrong.code} is declared twice")
        WRONGS[wrong.code] = wrong


# Reading a file (data/read.py, data/table.py)
declare(
    Wrong(
        "empty-file",
        "error",
        "The file is empty",
        "It holds not a single byte.",
        "The file is empty. Check that it was saved or sent completely.",
    ),
    Wrong(
        "file-too-large",
        "error",
        "The file is too large",
        "A list of firms is far smaller; pictures or copies of sheets make it grow.",
        "The file has {found:,} bytes; the limit is {limit:,}. Remove pictures and unused sheets and save it again.",
    ),
    Wrong(
        "not-text",
        "error",
        "Not text and not a spreadsheet",
        "Its bytes are neither a workbook nor text in a known encoding.",
        "The file is not text and not a spreadsheet. Save it as .xlsx or as .csv (UTF-8).",
    ),
    Wrong(
        "compressed",
        "error",
        "A compressed file",
        "What a compressed file holds, and how much, is not known before it is unpacked.",
        "Compressed files are not accepted. Unpack it and load the spreadsheet inside.",
    ),
    Wrong(
        "not-a-workbook",
        "error",
        "Not a workbook",
        "It is an archive or a document of another kind.",
        "The file is not a workbook. Open it in Excel or LibreOffice and save it as .xlsx.",
    ),
    Wrong(
        "web-page",
        "error",
        "A web page saved as a workbook",
        "Old applications export a web page under the name of a workbook.",
        "This is a web page saved as a workbook. Open it in Excel and save it as .xlsx.",
    ),
    Wrong(
        "excel-2003-xml",
        "error",
        "Excel 2003 XML",
        "This old format is not read.",
        "Excel 2003 XML is not supported. Open the file in Excel and save it as .xlsx.",
    ),
    Wrong(
        "old-excel",
        "error",
        "A workbook older than Excel 5",
        "This old format is not read.",
        "This workbook is damaged or older than Excel 5. Open it in Excel and save it as .xlsx.",
    ),
    Wrong(
        "password-protected",
        "error",
        "A password-protected workbook",
        "Its cells are enciphered.",
        "This workbook is password-protected: remove the password and load it again.",
    ),
    Wrong(
        "damaged",
        "error",
        "The file is damaged",
        "Parts of it are missing or changed since it was saved.",
        "The file is damaged or incomplete. Open it in Excel or LibreOffice, save it again, or ask for a new copy.",
    ),
    Wrong(
        "unsafe-name",
        "error",
        "An unsafe entry name",
        "An entry that points outside the file is an attack or the work of a broken program.",
        "The workbook holds an entry with an unsafe name ({value}). Open it in Excel and save it again.",
    ),
    Wrong(
        "duplicate-entry",
        "error",
        "The same entry twice",
        "Which of the two counts differs from reader to reader.",
        "The workbook holds the entry {value} twice. Open it in Excel and save it again.",
    ),
    Wrong(
        "too-many-entries",
        "error",
        "Too many entries",
        "A workbook has some dozens of parts.",
        "The workbook holds {found:,} entries; the limit is {limit:,}. Remove pictures and unused sheets and save it "
        "again.",
    ),
    Wrong(
        "inflates-too-much",
        "error",
        "The file inflates too much",
        "A small file that unpacks to hundreds of megabytes is an attack or holds mostly blanks.",
        "The file inflates to more than the limit of {limit:,} MB, or more than a spreadsheet does. "
        "Copy the rows that matter to a new workbook.",
    ),
    Wrong(
        "document-type",
        "error",
        "A document type declaration",
        "It can name other files and addresses or grow without end; no spreadsheet program writes one.",
        "Document type declarations are not allowed. Open the file in Excel or LibreOffice and save it again.",
    ),
    Wrong(
        "bad-reference",
        "error",
        "An invalid cell reference",
        "A sheet has 16,384 columns and 1,048,576 rows.",
        "The workbook has an invalid cell reference, outside A1 to {limit}. Open it in Excel and save it again.",
    ),
    Wrong(
        "too-many-sheets",
        "error",
        "Too many sheets",
        "Every sheet is read and searched for a list.",
        "The workbook has {found:,} sheets; the limit is {limit:,}. Keep the sheets that hold lists.",
    ),
    Wrong(
        "too-many-rows",
        "error",
        "Too many rows",
        "More rows than a spreadsheet program can show.",
        "Sheet {sheet} has {found:,} rows; the limit is {limit:,}. Split the list into several files.",
    ),
    Wrong(
        "too-many-columns",
        "error",
        "Too many columns",
        "A list of firms has some dozens of columns.",
        "Sheet {sheet} has {found:,} columns; the limit is {limit:,}. Keep the columns that matter.",
    ),
    Wrong(
        "too-many-cells",
        "error",
        "Too many cells",
        "The sheets would need more memory than one file may take.",
        "Up to sheet {sheet} the file has {found:,} cells; the limit is {limit:,}. "
        "Clear stray cells far from the list, or split it into several files.",
    ),
    Wrong(
        "cell-too-long",
        "error",
        "A cell is too long",
        "A quote is missing, or the text does not belong in a list.",
        "Line {row} holds a cell of more than {limit:,} characters. Shorten it, or check the quotes on that line.",
    ),
    Wrong(
        "open-quote",
        "error",
        "A quote is never closed",
        "Everything after it would be one single cell.",
        "A quote opened on line {row} is never closed. Add or remove the quote there and load the file again.",
    ),
    Wrong(
        "reader-crashed",
        "error",
        "The reader gave up",
        "A damaged file, or one made to do harm, can ask for more memory or time than one file may take.",
        "The file could not be read within {megabytes:,} MB of memory and {seconds} seconds: it is damaged or far too "
        "large. Open it in Excel or LibreOffice and save it again.",
    ),
    Wrong(
        "too-slow",
        "error",
        "Reading took too long",
        "A damaged file, or one made to do harm, can keep a reader busy for ever.",
        "The file could not be read within {seconds} seconds. Open it in Excel or LibreOffice and save it again.",
    ),
    Wrong(
        "no-sheets",
        "error",
        "No sheets",
        "The workbook names no sheet of cells.",
        "The workbook has no sheet with cells. Load the workbook that holds the list.",
    ),
    Wrong(
        "blank-file",
        "error",
        "No data",
        "Every cell is blank.",
        "No data found: every cell is blank. Load the file that holds the list.",
    ),
    Wrong(
        "header-not-found",
        "error",
        "No header in that row",
        "The row named as the header is blank or outside the sheet.",
        "Row {row} of sheet {sheet} holds no column names. Name the row that does.",
    ),
    Wrong(
        "mixed-encoding",
        "warning",
        "Two encodings in one file",
        "Files saved by different programs were glued together.",
        "From line {row} on, {lines:,} lines are written in another encoding than the rest. They were read as "
        "Windows-1252: check their accents.",
    ),
    Wrong(
        "double-encoded",
        "warning",
        "Accents look broken",
        "UTF-8 text was read as Windows-1252 and saved again (Ã© for é).",
        "The accents look broken from line {row} on (like Ã© for é). Have them read as they were meant, or save the "
        "file again from its source as UTF-8.",
    ),
    Wrong(
        "accents-repaired",
        "note",
        "Accents were repaired",
        "A person said that UTF-8 text had been read as Windows-1252 and saved again (Ã© for é).",
        "{count:,} different texts with broken accents (like Ã© for é) were read as they were meant. The file itself "
        "is kept as it came.",
    ),
    Wrong(
        "ragged-lines",
        "warning",
        "Lines with more cells than the header",
        "A delimiter inside a text that is not quoted moves every cell after it to the next column.",
        "More cells than the header in lines {lines} ({count:,} in all). Look at them: a delimiter inside a text must "
        "stand between quotes.",
    ),
    Wrong(
        "short-lines",
        "note",
        "Lines with fewer cells than the header",
        "Many programs leave away what is blank at the end of a line.",
        "Fewer cells than the header in lines {lines} ({count:,} in all). What is missing there was read as blank.",
    ),
    Wrong(
        "nul-byte",
        "warning",
        "A NUL byte",
        "A program wrote bytes that are not text.",
        "There is a NUL byte at line {row}. It was left out: check the cells of that line.",
    ),
    Wrong(
        "formula-without-result",
        "warning",
        "Formulas without a result",
        "The program that wrote the file did not compute its formulas, so their cells read as blank.",
        "Column {column} of sheet {sheet}: {count:,} formulas have no stored result. Open the file in Excel, save it "
        "and load it again.",
    ),
    Wrong(
        "extension-mismatch",
        "note",
        "The extension does not match the content",
        "The content decides how a file is read, never its name.",
        "The name ends in {value} and the content is {format}. It was read as {format}.",
    ),
    Wrong(
        "macros-ignored",
        "note",
        "Macros are ignored",
        "Only cells are read; nothing in a file is ever run.",
        "The workbook carries macros. They were ignored.",
    ),
    Wrong(
        "links-ignored",
        "note",
        "Links to other files are ignored",
        "Only what a cell showed when the file was saved is read; no other file or address is ever opened.",
        "The workbook takes values from other files. Those links were ignored: its cells were read as they were saved.",
    ),
)

# Matching and checking (data/match.py, data/check.py)


def _both(code: str, title: str, reason: str, sentence: str) -> tuple[Wrong, Wrong]:
    """A wrong cell, and the same where the row needs the cell: a warning (left empty) and an error (row left out)."""
    return (
        Wrong(code, "warning", title, reason, sentence + " The cell is left empty."),
        Wrong(f"{code}-required", "error", title, reason, sentence + " The row needs it and is left out."),
    )


declare(
    Wrong(
        "missing-column",
        "error",
        "A needed column is missing",
        "Every row of this kind of list needs it.",
        "No column gives {label} ({fields}). Headers found: {headers}. "
        "Rename the column, or name it in a mapping file.",
    ),
    Wrong(
        "no-entries",
        "note",
        "What the entry date is needed for",
        "A list without it cannot be counted; what earlier lists said stays.",
        "Without the entry date these rows count in no figure: neither hosted and former firms nor entries, cohorts, "
        "stays and survival. Entry dates known from earlier lists stay as they are.",
    ),
    Wrong(
        "missing-site",
        "error",
        "No site",
        "Every stay is at a site, and neither a column, the sheet's name nor the load says which.",
        "No column gives the site, and the sheet's name {sheet} is not a site of the park. "
        "Add a column Site, name the sheet after its site, or load with --site.",
        "No column gives the site, and the sheet's name {sheet} is not a site of the park. "
        "Choose it in step 2, under “Site of all rows, where no column says it”.",
    ),
    Wrong(
        "site-not-listed",
        "error",
        "The load names a site that is not on the park's list",
        "A misspelt site would become a new one and split its figures.",
        'The load names the site "{value}", which is not a site of the park; the nearest is {nearest}. '
        "Correct it, or load with new_sites if it is new.",
    ),
    Wrong(
        "stated-day-missing",
        "error",
        "The stated day is missing",
        "A list describes the situation on some day; without it no figure can say what it is as of.",
        "Nothing says on which day this list was true. Write 'Situation au 25/10/2020' above the header, "
        "or load with --stated-on.",
        "Nothing says on which day this list was true. Choose it in step 2, under “Day that the list describes”.",
    ),
    Wrong(
        "stated-day-conflict",
        "error",
        "Two stated days",
        "One load describes the situation on one day.",
        "The file names two stated days, {first} ({first_where}) and {second} ({second_where}). "
        "Correct one, or load with --stated-on.",
        "The file names two stated days, {first} ({first_where}) and {second} ({second_where}). "
        "Choose the right one in step 2, under “Day that the list describes”.",
    ),
    Wrong(
        "stated-day-ahead",
        "warning",
        "The stated day is in the future",
        "A list cannot know the situation on a day that has not come.",
        "The list says it describes {day}, which is still to come. Check the day.",
    ),
    Wrong(
        "column-by-likeness",
        "warning",
        "A column was matched by likeness",
        "The header is none that is known, only close to one.",
        'The column "{column}" is taken for {label} ({field}) because the names are alike. '
        "If that is right, accept; if not, say so in a mapping file.",
    ),
    Wrong(
        "column-unsure",
        "warning",
        "A column resembles several",
        "The header is none that is known, and close to more than one.",
        'The column "{column}" resembles {fields} and is kept as a note only. '
        "If it means one of them, rename it or say so in a mapping file.",
    ),
    Wrong(
        "column-twice",
        "warning",
        "Two columns say the same",
        "One column of the park's tables is filled from one column of the list.",
        'The column "{column}" is kept as a note only: "{other}" already gives {label} ({field}). '
        "If it should be the other way round, say so in a mapping file.",
    ),
    Wrong(
        "mapping-unused",
        "warning",
        "The mapping names a column that is not there",
        "A header was renamed, or the mapping belongs to another file.",
        'The mapping names the column "{column}", which this file does not have. Headers found: {headers}.',
    ),
    Wrong(
        "missing-value",
        "error",
        "A needed value is missing",
        "The row cannot be placed without it.",
        "Row {row} does not give {label} ({fields}). Fill it in; until then the row is left out.",
    ),
    *_both(
        "unreadable-date",
        "Not a date",
        "The text is no date in any form that is known.",
        '"{value}" in "{column}", row {row}, is not a date. Write it as 25/10/2020.',
    ),
    *_both(
        "impossible-date",
        "A day that does not exist",
        "The month does not have that day, or the year that month.",
        '"{value}" in "{column}", row {row}, is a day that does not exist. Correct it.',
    ),
    *_both(
        "contrary-date",
        "Day and month the other way round",
        "A column has one order of day and month; single cells are never read by themselves.",
        '"{value}" in "{column}", row {row}, is no date when read {order} like the rest of the column. '
        "Correct it, or give date_order in a mapping file.",
    ),
    *_both(
        "year-out-of-range",
        "A year out of range",
        "Years before 1900 or after 2100 are typing errors.",
        '"{value}" in "{column}", row {row}, lies outside the years 1900 to 2100. Correct it.',
    ),
    Wrong(
        "date-order-torn",
        "warning",
        "Two orders of day and month in one column",
        "Dates that both orders can read cannot be told apart.",
        'The column "{column}" holds dates of both orders. {count} cells that either order can read are read {order}. '
        "Give date_order in a mapping file once you know it.",
    ),
    Wrong(
        "date-order-assumed",
        "note",
        "The order of day and month is assumed",
        "No date in the column has a day over 12.",
        'Nothing in the column "{column}" says whether day or month comes first; {count} cells are read {order}, '
        "because dates are mostly written so here.",
    ),
    Wrong(
        "date-order-beside",
        "note",
        "A column is read as the one beside it",
        "A list is mostly written in one way.",
        'The dates in the column "{column}" are read {order}, because those in "{because}" are; {count} cells could be '
        "read either way.",
    ),
    Wrong(
        "date-order-english",
        "note",
        "Dates are read month first",
        "A date in the column, or beside it, can only be read so.",
        'The dates in the column "{column}" are read {order}, because "{because}" can only be read so; {count} cells '
        "could be read either way.",
    ),
    Wrong(
        "unreadable-number",
        "warning",
        "Not a number",
        "The text is no number in French or English writing.",
        '"{value}" in "{column}", row {row}, is not a number. The cell is left empty.',
    ),
    Wrong(
        "percent-amount",
        "warning",
        "A percentage for an amount",
        "A percentage says nothing unless one knows of what; an amount, an area or a count is written as such.",
        '"{value}" in "{column}", row {row}, has a percent sign, and the column holds no percentages. The cell is left '
        "empty: write the amount itself.",
    ),
    Wrong(
        "doubtful-number",
        "warning",
        "Thousands or decimals",
        "Nothing in the column says whether the sign groups thousands or starts the decimals.",
        '"{value}" in "{column}", row {row}, may mean thousands or decimals; it is read {read}. '
        "If that is wrong, write it without that sign.",
    ),
    Wrong(
        "negative-number",
        "warning",
        "Less than nothing",
        "Areas, rents and headcounts are never negative.",
        '"{value}" in "{column}", row {row}, is negative. The cell is left empty.',
    ),
    Wrong(
        "number-out-of-range",
        "warning",
        "A number out of range",
        "The value cannot be what the column means.",
        '"{value}" in "{column}", row {row}, is out of range. The cell is left empty.',
    ),
    Wrong(
        "not-whole",
        "warning",
        "Not a whole number",
        "What is counted comes in whole numbers.",
        '"{value}" in "{column}", row {row}, is not a whole number. The cell is left empty.',
    ),
    Wrong(
        "cell-error",
        "warning",
        "The cell holds an error",
        "The spreadsheet could not compute it.",
        '"{value}" in "{column}", row {row}, is an error of the spreadsheet. The cell is left empty.',
    ),
    Wrong(
        "unreadable-yes-no",
        "warning",
        "Neither yes nor no",
        "The column is answered by oui or non.",
        '"{value}" in "{column}", row {row}, is neither yes nor no. The cell is left empty.',
    ),
    *_both(
        "damaged-identifier",
        "A damaged identifier",
        "A spreadsheet turned it into a number and its last digits are lost.",
        '"{value}" in "{column}", row {row}, is an identifier whose digits are lost. '
        "Format the column as text and type it again.",
    ),
    Wrong(
        "ice-length",
        "warning",
        "An ICE that has not 15 digits",
        "An ICE has 15 digits; leading zeros are lost where a spreadsheet takes it for a number.",
        '"{value}" in "{column}", row {row}, has {digits} digits, and an ICE has 15. Compare it with its source.',
    ),
    Wrong(
        "unknown-choice",
        "warning",
        "A word that is not on the list",
        "The figures are counted by the words of the list.",
        '"{value}" in "{column}", row {row}, is not known and is read as {otherwise}. Known: {known}; '
        "nearest: {nearest}. "
        "Correct it, or say in a mapping file what it means.",
    ),
    Wrong(
        "unknown-site",
        "error",
        "A site that is not on the park's list",
        "A misspelt site would become a new one and split its figures.",
        'Row {row}: "{value}" is not a site of the park; the nearest is {nearest}. Correct it, say in a mapping file '
        "which site it is, or load with new_sites if it is new. The row is left out.",
    ),
    Wrong(
        "unknown-sector",
        "error",
        "A sector that is not on the park's list",
        "A misspelt sector would become a new one, and without it the firm would be missing from its sector's figures.",
        'Row {row}: "{value}" is not a sector of the park; the nearest is {nearest}. Correct it, say in a mapping file '
        "which sector it is, or load with new_sectors if it is new. The row is left out.",
    ),
    Wrong(
        "unknown-subsector",
        "warning",
        "A sub-sector that is not on the park's list",
        "It is kept as written and counted under its own name.",
        'Row {row}: "{value}" is not a sub-sector of {sector}; the nearest is {nearest}. It is kept as written.',
    ),
    Wrong(
        "new-name-resembles",
        "warning",
        "Two names that may be one",
        "Two spellings of one site or sector would split its figures.",
        '"{value}" in "{column}" becomes a new name on the park\'s list although it resembles "{like}". '
        "If they are the same, say so in a mapping file.",
    ),
    Wrong(
        "several-sectors",
        "note",
        "Several sectors in one cell",
        "A firm counts in one sector.",
        'In "{column}" {count} cells name several sectors; the first is taken, the others are kept as a note.',
    ),
    Wrong(
        "left-before-entry",
        "error",
        "Left before it came",
        "A stay cannot end before it starts.",
        "Row {row}: the exit {left_on} lies before the entry {entered_on}. "
        "Correct one; until then the row is left out.",
    ),
    Wrong(
        "closed-before-entry",
        "error",
        "Closed before it came",
        "A firm that has ceased cannot move in.",
        "Row {row}: the closing {closed_on} lies before the entry {entered_on}. "
        "Correct one; until then the row is left out.",
    ),
    Wrong(
        "founded-after-entry",
        "warning",
        "Founded after it came",
        "Projects move in before they are firms, but often it is a typing error.",
        "Row {row}: founded {founded_on}, after the entry {entered_on}. Check both.",
    ),
    Wrong(
        "no-length",
        "note",
        "A stay of no length",
        "Entry and exit on one day: it counts as an entry and is never hosted.",
        "Row {row}: entry and exit are the same day, {entered_on}.",
    ),
    Wrong(
        "planned-entry",
        "note",
        "A planned entry",
        "It lies after the stated day and counts once it has come.",
        "Row {row}: the entry {entered_on} lies after the stated day {stated_on}; it is planned.",
    ),
    Wrong(
        "planned-exit",
        "note",
        "A planned exit",
        "It lies after the stated day; until then the firm is hosted.",
        "Row {row}: the exit {left_on} lies after the stated day {stated_on}; it is planned.",
    ),
    Wrong(
        "closed-ahead",
        "warning",
        "A closing still to come",
        "A closing that lies after the stated day is not known yet.",
        "Row {row}: the closing {closed_on} lies after the stated day {stated_on}. Check it.",
    ),
    Wrong(
        "closed-undated",
        "warning",
        "Closed, nobody knows when",
        "Survival needs the day; without it only bounds can be given.",
        "Row {row} says the firm is closed and gives neither a closing nor an exit date.",
    ),
    Wrong(
        "left-undated",
        "warning",
        "Left, nobody knows when",
        "The exit counts on the day by which it is said to have happened.",
        'Row {row} says in "{column}" that the firm has left and gives no exit date: it counts as gone by then.',
    ),
    Wrong(
        "repeated-row",
        "warning",
        "The same row again",
        "A repeated row says nothing new and would count twice.",
        "Row {row} repeats row {first} of sheet {first_sheet}; it is left out.",
    ),
    Wrong(
        "contradicting-row",
        "error",
        "The same thing said differently",
        "Two rows speak of the same stay, intake or list entry and disagree.",
        "Row {row} speaks of the same as row {first} of sheet {first_sheet} and disagrees in {fields}. "
        "Correct one; until then this row is left out and row {first} stands.",
    ),
)

# Comparing and loading (data/compare.py, data/intake.py)

declare(
    Wrong(
        "file-not-readable",
        "error",
        "The file cannot be opened",
        "The machine could not give the file's bytes.",
        "{value} cannot be opened ({reason}). Check the path and try again.",
    ),
    Wrong(
        "sheet-not-found",
        "error",
        "No such sheet",
        "The load names a sheet that the file does not have.",
        'There is no sheet named "{value}" in this file. It has: {found}.',
    ),
    Wrong(
        "hidden-sheet",
        "note",
        "A hidden sheet was left out",
        "Hidden sheets often hold drafts; they are read only when they are named.",
        'The hidden sheet "{sheet}" was left out. Name it with --sheet to load it.',
        'The hidden sheet "{sheet}" was left out. To load it, choose it in step 2, under “Sheet”.',
    ),
    Wrong(
        "sheet-left-out",
        "note",
        "A sheet was left out",
        "It holds no list that we know.",
        'The sheet "{sheet}" was left out: it is no list of the kind "{kind}".',
    ),
    Wrong(
        "no-data",
        "error",
        "No table found",
        "No sheet has a header with rows under it.",
        "No data was found in this file: a header row with at least one row under it is needed.",
    ),
    Wrong(
        "header-only",
        "error",
        "No row under the header",
        "A header without rows would say that nobody is there.",
        'No data row was found under the header of "{sheet}". Nothing was changed.',
    ),
    Wrong(
        "sample-loaded",
        "error",
        "Invented data is loaded",
        "Real and invented firms must not be counted together by accident.",
        "Only the invented sample park is loaded so far. Say --drop-sample to take it out with this load, "
        "or --keep-sample to count both.",
        "Only the invented sample park is loaded so far. Choose in step 2 whether this file takes it out or both are "
        "counted.",
    ),
    Wrong(
        "removes-many",
        "warning",
        "Many rows would disappear",
        "A truncated copy looks like a mass departure.",
        "This replacement would remove {removed} of {known} known rows. Check that the file is complete; "
        "accept with --accept-warnings.",
        "This replacement would remove {removed} of {known} known rows. Check that the file is complete; "
        "accept it in step 5 only then.",
    ),
    Wrong(
        "older-replacement",
        "warning",
        "An older list would replace a newer one",
        "What was stated later would be lost.",
        "This file states {stated_on} and would replace rows stated on {latest}. Load it with --mode update, "
        "or accept with --accept-warnings.",
        "This file states {stated_on} and would replace rows stated on {latest}. Choose in step 2 that it adds and "
        "changes, or accept it all the same in step 5.",
    ),
    Wrong(
        "same-name-other-id",
        "warning",
        "The same firm under two identifiers",
        "A firm with two identifiers is counted twice.",
        'Row {row}: "{firm}" entered the same site on the same day under the identifier {other} too. '
        "Use one identifier, unless these are two firms.",
    ),
    Wrong(
        "exit-withdrawn",
        "warning",
        "Present here, gone before",
        "In an update a blank says nothing, so the exit known before stands.",
        'Row {row} shows "{firm}" without an exit; an earlier list says it left on {left_on}, and that stands. '
        "To correct it, load the whole list with --mode replace.",
        'Row {row} shows "{firm}" without an exit; an earlier list says it left on {left_on}, and that stands. '
        "To correct it, bring the whole list and choose in step 2 that it replaces.",
    ),
    Wrong(
        "site-changed",
        "warning",
        "The same entry at another site",
        "In an update nothing is removed, so the firm is at both sites.",
        'Row {row}: "{firm}" is known to have entered {site} on the same day; it would count at both sites. '
        "To correct the site, load the whole list with --mode replace.",
        'Row {row}: "{firm}" is known to have entered {site} on the same day; it would count at both sites. '
        "To correct the site, bring the whole list and choose in step 2 that it replaces.",
    ),
    Wrong(
        "overlapping-stays",
        "warning",
        "Two stays at one time",
        "No firm has two stays at one site at a time.",
        'Row {row}: this stay of "{firm}" begins before the one in row {other} ends, at the same site.',
    ),
    Wrong(
        "sheet-incomplete",
        "warning",
        "A sheet was left out",
        "It holds a list, but not all the columns that its kind needs.",
        'The sheet "{sheet}" was left out: it has no column for {missing}. '
        "Name the column, or load the sheet on its own.",
    ),
    Wrong(
        "other-kind",
        "warning",
        "A list of another kind was left out",
        "The sheets of one load are of one kind.",
        'The sheet "{sheet}" was left out: it is a list of the kind "{other}". Load it too, with --sheet "{sheet}".',
        'The sheet "{sheet}" was left out: it is a list of the kind "{other}". Bring the file again for it, and choose '
        "that sheet in step 2, under “Sheet”.",
    ),
    Wrong(
        "tables-taken",
        "note",
        "Several tables of a sheet",
        "One under the other, they are lists of the same kind.",
        'The sheet "{sheet}" holds several tables of this kind; they are taken together: {areas}.',
    ),
    Wrong(
        "table-left-out",
        "warning",
        "Another table of a sheet was left out",
        "It is of another kind, lacks a column, or lies beside a larger one: of one row two tables cannot speak.",
        'The sheet "{sheet}" holds another table at {area}, which was left out. To take it, choose it '
        '("table": "{table}" in a mapping) in a load of its own.',
    ),
    Wrong(
        "table-not-chosen",
        "note",
        "Another table of a sheet",
        "Other tables were chosen.",
        'The table at {area} of the sheet "{sheet}" was left out, as chosen.',
    ),
    Wrong(
        "table-not-found",
        "error",
        "There is no such table",
        "A table is named by its first cell, the first of its names of columns.",
        "No table begins at {value}. The tables found: {found}.",
    ),
    Wrong(
        "tables-beside",
        "error",
        "Tables side by side",
        "Of a row of the sheet one could not say which of the two it belongs to.",
        'The tables {areas} of the sheet "{sheet}" lie side by side: take one of them at a time.',
    ),
    Wrong(
        "site-not-yours",
        "error",
        "Rows of other sites",
        "Whoever may see some sites only changes the rows of these and no others.",
        "This list has rows that name another site than {sites}, or no site, or would change such rows. Nothing was "
        "written: bring a list of these sites alone, or ask somebody who may see all of them.",
    ),
    Wrong(
        "already-loaded",
        "note",
        "Already loaded",
        "The same file with the same choices changes nothing.",
        "This file is already in the ledger as receipt {receipt} (loaded on {day} by {by}). Nothing was changed.",
    ),
    Wrong(
        "nothing-new",
        "note",
        "Nothing new",
        "Every row of the file is known already, as of the same day.",
        "Every row of this file is known already. Nothing was changed.",
    ),
    Wrong(
        "nothing-taken",
        "note",
        "Every change is left out",
        "A person left every row that would change as it was.",
        "Every row that this file would change is left as it was. Nothing was changed.",
    ),
    Wrong(
        "nothing-to-leave",
        "warning",
        "Nothing to leave as it was",
        "Whoever leaves out what does not change may have meant another row.",
        'Nothing that would change is called "{value}": give the key of a row, or added, changed, removed or moved, '
        "if need be with a site (added:Rabat).",
    ),
    Wrong(
        "too-busy",
        "error",
        "Others are loading",
        "Other loads came in between, again and again.",
        "Other loads came in between several times. Nothing was changed; try again in a moment.",
    ),
)
