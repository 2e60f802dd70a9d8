"""Who may come in, in which role and limited to which sites, and who is signed in now."""

from ui import accounts, page, show

view = page.open("accounts")
t = view.t
show.title(view, t("Accounts"), t("Who may come in, what they may do, who is signed in."))
accounts.said(view)
found = accounts.everybody(view)
accounts.changed(view, found)
accounts.added(view)
