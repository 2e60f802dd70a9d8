"""What the files keep about one person, at that person's request: handed out, or erased for good."""

from ui import page, persons, show

view = page.open("persons")
t = view.t
show.title(
    view,
    t("Personal data"),
    t("What the files keep about one person, at that person's request: handed out, or erased for good."),
)
persons.said(view)
text = "" if persons.limited(view) else persons.asked(view)
if text:
    cells = persons.found(view, text)
    if cells:
        persons.handed_out(view, text)
        persons.erased(view, text, cells)
