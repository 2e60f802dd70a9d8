"""What was released to the public, and what the next release would be: seen as strangers would, then published."""

from datetime import date

from ui import next_release, page, partner_links, publishing, releases, show

view = page.open("releases")
t = view.t
show.title(
    view,
    t("Releases"),
    t("The public sees frozen figures alone: each is looked at here as strangers would see it, then published."),
)
publishing.said(view)
settings = None if releases.limited(view) else releases.settings(view)
if settings is not None:
    found, waiting = releases.every()
    part = releases.part(view, waiting)
    if part == "published":
        left, right = show.side_by_side(2)
        with left:
            releases.public(view, found, waiting)
        with right:
            releases.calendar(view, found, settings, date.today())
        releases.listed(view, found)
    elif part == "partners":
        partner_links.listed(view, settings)
    else:
        proposal = waiting[0] if waiting else None
        asked = next_release.proposed(view, proposal, settings) if proposal else next_release.asked(view, settings)
        paper = next_release.paper(view, asked)
        if paper is not None and paper.reasons is not None:
            next_release.preview(view, paper.reasons, found)
            if proposal:
                next_release.approval(view, proposal, paper.reasons.draft)
            else:
                next_release.decision(view, asked, paper.reasons.draft)
        elif paper is not None:
            next_release.why_none(view, asked, paper)
