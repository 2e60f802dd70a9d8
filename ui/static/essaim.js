// Keeps the address, the history and the language of the document in step: Streamlit changes the one without the other.
(() => {
  // Told where the server is, Streamlit does not look for it under the address of every page first.
  window.__streamlit = { BACKEND_BASE_URL: `${location.origin}/` }

  const page = document.documentElement
  const preferred = document.querySelector('meta[name="essaim-language"]').content
  const spoken = ["fr", "en"]
  const language = () => {
    const asked = new URLSearchParams(location.search).get("lang")
    return spoken.includes(asked) ? asked : preferred
  }

  const keep = () => {
    if (page.lang !== language()) page.lang = language()
  }

  // A new page begins without its query, and filters are written back one by one, each as an entry of its own: Back
  // would lose them. So they go along at once, and what is written in one breath is one entry.
  const shared = ["lang", "site", "sector", "cohort", "from", "to", "as_of", "known_on"]
  const carried = (target) => {
    const to = new URL(target, location.href)
    if (to.pathname !== location.pathname && !to.search) {
      const kept = [...new URLSearchParams(location.search)].filter(([name]) => shared.includes(name))
      to.search = new URLSearchParams(kept).toString()
    }
    return to
  }
  // After Back or Forward the address is right, until fields that are not drawn yet take their filters out of it.
  let returned = -Infinity
  const restored = (to) => {
    if (to.pathname === location.pathname && performance.now() - returned < 1500) {
      for (const name of shared) {
        if (to.searchParams.has(name)) continue
        for (const value of new URLSearchParams(location.search).getAll(name)) to.searchParams.append(name, value)
      }
    }
    return to
  }
  const { pushState, replaceState } = history
  let last = -Infinity
  history.pushState = function (state, title, target) {
    const to = restored(carried(target ?? location.href))
    const again = to.href === location.href || performance.now() - last < 500
    last = performance.now()
    ;(again ? replaceState : pushState).call(history, state, title, to.href)
    keep()
  }
  history.replaceState = function (state, title, target) {
    replaceState.call(history, state, title, restored(new URL(target ?? location.href, location.href)).href)
    keep()
  }
  addEventListener("popstate", () => {
    returned = performance.now()
    keep()
  })
  keep()
})()
