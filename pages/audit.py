"""Who did what, when and from where."""

from ui import audit, page, show

view = page.open("audit")
t = view.t
show.title(
    view,
    t("Audit"),
    t("Who signed in, was refused, loaded, took back, exported or released: when, and from where."),
)
audit.checked(view)
audit.listed(view)
