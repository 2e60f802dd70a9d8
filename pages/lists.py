"""The words and firms that lists speak of: which spelling means what, and which two firms are one."""

from ui import lists, page, show, undoing, who

view = page.open("lists")
t = view.t
show.title(
    view,
    t("Lists"),
    t("What the park's files call its sites, sectors and firms, and what was decided about spellings and doubles."),
)
lists.said(view)
undoing.said(view)
lists.author(view)
who.proposed(view)
who.by_hand(view)
who.decisions(view)
lists.spelt(view)
lists.names(view)
