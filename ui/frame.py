"""What stands around every page: its name, its icon and the way to the others."""

from pathlib import Path

import streamlit as st

here = Path(__file__).resolve().parent
pages = here.parent / "pages"

st.set_page_config(page_title="Essaim", page_icon=str(here / "logo.svg"), layout="wide")
st.logo(str(here / "wordmark.svg"), size="large")
st.navigation([st.Page(pages / "overview.py", title="Overview", default=True)], position="top").run()
