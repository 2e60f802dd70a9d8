"""What to do while the ledger is empty."""

from ui import page, show

view = page.open("first_run")
t = view.t
show.title(view, t("Welcome to Essaim"), t("Nothing is loaded yet. Two ways to begin:"))
left, right = show.side_by_side(2)
with left:
    show.step(
        t("Your own spreadsheets"),
        t(
            "Write an empty list to fill in, or take the one you have: headers in French or English are recognised. "
            "Bring it on the page Upload, or load it by command."
        ),
        "python -m data template tenants -o tenants.xlsx\npython -m data load tenants.xlsx",
    )
with right:
    show.step(
        t("The invented sample park"),
        t("320 hosted firms on four sites, none of which exists: to look around, and to undo in one command."),
        "python -m data load-sample",
    )
show.note(t("Then reload this page. What each number will mean is on the page Definitions."))
