"""Bring a spreadsheet, see every problem and all that would change, and only then accept it."""

from ui import page, show, upload

view = page.open("upload")
t = view.t
show.title(
    view,
    t("Upload"),
    t("Bring a list, look at what it says and at what it would change. Nothing is written before you accept."),
)
look = upload.opened(view)
if look is None:
    upload.bring(view)
elif look.job.step == "done":
    upload.done(view, look)
elif look.job.step == "failed":
    upload.failed(view, look)
elif look.paper is None:
    upload.progress(view, look.job.id)
else:
    upload.file(view, look)
    upload.columns(view, look)
    upload.problems(view, look)
    upload.effect(view, look)
    upload.acceptance(view, look)
