"""Which firms there are and were, and one firm's history as a line of life."""

from ui import firms, page, show

view = page.open("firms")
t = view.t
show.title(view, t("Firms"), t("Find a firm by its name or its identifier, then follow it from entry to exit."))
found = firms.search(view)
firm = firms.chosen(view, found)
if firm is None:
    show.nothing(view, t("Choose a firm to see its history."))
else:
    firms.heading(view, firm)
    firms.line(view, firm)
    firms.sources(view, firm)
