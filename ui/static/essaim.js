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

// A socket that closed may mean that the session has ended: the server knows, and the way back in leads here.
;(() => {
  let asking = false
  const ask = async () => {
    if (asking) return
    asking = true
    try {
      const answer = await fetch("/session", { cache: "no-store", credentials: "same-origin" })
      if (answer.status === 401) {
        const here = location.pathname + location.search
        const told = new URLSearchParams({ lang: document.documentElement.lang, next: here })
        location.assign(`/signin?${told}`)
      }
    } catch {
      // The server is away: Streamlit says so and tries again.
    } finally {
      asking = false
    }
  }
  const Socket = window.WebSocket
  window.WebSocket = class extends Socket {
    constructor(...given) {
      super(...given)
      this.addEventListener("close", ask)
    }
  }
  // Back and forward may show a page that was kept from before.
  addEventListener("pageshow", (event) => {
    if (event.persisted) ask()
  })
})()

// Streamlit speaks English wherever no setting gives it words: said again in the language of the document.
;(() => {
  const page = document.documentElement
  const dictionaries = JSON.parse(document.querySelector('meta[name="essaim-words"]').content)
  const attributes = ["aria-label", "aria-valuetext", "alt", "title", "placeholder"]
  const labelled = attributes.map((name) => `[${name}]`).join()
  // Text is Streamlit's own only in here: elsewhere the same words may be the name of a firm.
  const hosts = [
    '[data-testid="stSkipToContent"]',
    '[data-testid="InputInstructions"]',
    '[data-testid="stTooltipContent"]',
    '[data-testid^="stDataFrameColumn"]',
    '[data-testid="stDateInputCalendar"]',
    "[data-placeholder]",
    '[role="menu"]',
    '[role="listbox"]',
  ].join()

  // A key with a place, "Help for {thing}", fits whatever stands there.
  const patterns = {}
  for (const [language, words] of Object.entries(dictionaries)) {
    patterns[language] = Object.entries(words)
      .filter(([key]) => key.includes("{"))
      .map(([key, told]) => [...key.split(/\{\w+\}/), ...told.split(/\{\w+\}/)])
  }
  const translated = (said, toolbar) => {
    const words = dictionaries[page.lang]
    const trimmed = said.trim()
    if (!words || !trimmed) return said
    if (Object.hasOwn(words, trimmed)) return words[trimmed]
    // The tools of a table or picture are named with it: "Fullscreen: Firms".
    const [name] = trimmed.split(": ", 1)
    if (toolbar && Object.hasOwn(words, name)) return `${words[name]}\u00a0: ${trimmed.slice(name.length + 2)}`
    for (const [before, after, first, last] of patterns[page.lang]) {
      const fits = trimmed.length > before.length + after.length && trimmed.startsWith(before) && trimmed.endsWith(after)
      if (fits) return first + trimmed.slice(before.length, trimmed.length - after.length) + last
    }
    return said
  }

  // What Streamlit said and what was made of it, to follow a change of language and to leave our own words alone.
  const kept = new WeakMap()
  const renew = (node, name, shown, write, toolbar = false) => {
    const known = kept.get(node) ?? {}
    const said = known[name]?.shown === shown ? known[name].said : shown
    const told = translated(said, toolbar)
    if (told === said && !known[name]) return
    known[name] = { said, shown: told }
    kept.set(node, known)
    if (told !== shown) write(told)
  }
  const relabel = (element) => {
    const toolbar = element.getAttribute("kind") === "elementToolbar"
    for (const name of attributes) {
      const shown = element.getAttribute(name)
      if (shown) renew(element, name, shown, (told) => element.setAttribute(name, told), toolbar)
    }
    const said = toolbar && kept.get(element)?.["aria-label"]?.said
    if (said) element.dataset.essaimSaid = said.split(": ", 1)[0]
  }
  const reword = (text) => {
    renew(text, "text", text.data, (told) => {
      text.data = told
    })
  }
  const rewordAll = (host) => {
    const texts = document.createTreeWalker(host, NodeFilter.SHOW_TEXT)
    while (texts.nextNode()) reword(texts.currentNode)
  }
  const sweep = (root) => {
    if (!root.isConnected) return
    if (root.nodeType === Node.TEXT_NODE) {
      if (root.parentElement?.closest(hosts)) reword(root)
      return
    }
    if (root.nodeType !== Node.ELEMENT_NODE || root instanceof SVGElement) return
    if (root.matches(labelled)) relabel(root)
    root.querySelectorAll(labelled).forEach(relabel)
    if (root.closest(hosts)) rewordAll(root)
    else root.querySelectorAll(hosts).forEach(rewordAll)
  }

  // Which theme is shown: Streamlit says so in the colour scheme of the app alone.
  const scheme = () => {
    const app = document.querySelector(".stApp")
    if (!app || matchMedia("print").matches) return
    const shown = getComputedStyle(app).colorScheme === "dark" ? "dark" : "light"
    if (page.dataset.essaimTheme !== shown) page.dataset.essaimTheme = shown
  }

  // Only what is new is looked at, and once per breath, however much of it there is.
  let fresh = new Set()
  let waiting = 0
  const look = () => {
    waiting = 0
    const roots = fresh
    fresh = new Set()
    roots.forEach(sweep)
    scheme()
  }
  const soon = () => {
    waiting ||= setTimeout(look, 50)
  }
  const watched = { subtree: true, childList: true, characterData: true, attributeFilter: attributes }
  const begin = () => {
    new MutationObserver((changes) => {
      for (const change of changes) {
        if (change.target instanceof SVGElement) continue
        if (change.type === "childList") change.addedNodes.forEach((node) => fresh.add(node))
        else fresh.add(change.target)
      }
      if (fresh.size) soon()
    }).observe(document.body, watched)
    new MutationObserver(() => {
      fresh.add(document.body)
      soon()
    }).observe(page, { attributeFilter: ["lang"] })
    fresh.add(document.body)
    look()
  }
  if (document.body) begin()
  else addEventListener("DOMContentLoaded", begin)
})()

// What a button opens stands at the end of the document: the keyboard goes there with it, and comes back after it.
;(() => {
  const reachable = 'a[href], button, input, select, textarea, [contenteditable="true"], [tabindex]'
  const stops = (dialog) =>
    [...dialog.querySelectorAll(reachable)].filter(
      (one) => one.tabIndex >= 0 && !one.disabled && !one.closest('[aria-hidden="true"]') && one.getClientRects().length,
    )
  const opened = () => document.querySelector('[data-testid="stPopoverBody"]')
  let button = null
  let watcher = null

  const forget = () => {
    watcher?.disconnect()
    watcher = null
    button = null
  }
  // Streamlit draws a button anew when a figure on it changes.
  const home = () => {
    if (button?.isConnected) return button
    return document.querySelector('[data-testid="stPopoverButton"][aria-expanded="true"]')
  }
  const follow = () => {
    const from = button
    const since = performance.now()
    let inside = false
    watcher = new MutationObserver(() => {
      const dialog = opened()
      if (dialog && !inside) {
        const [first] = stops(dialog)
        if (!first) return
        inside = true
        first.focus()
      } else if (!dialog && inside) {
        const lost = document.activeElement === document.body || document.activeElement === null
        forget()
        if (lost && from.isConnected) from.focus()
      } else if (!dialog && performance.now() - since > 3000) forget()
    })
    watcher.observe(document.body, { subtree: true, childList: true, attributeFilter: ["style"] })
  }

  addEventListener(
    "keydown",
    (event) => {
      const pressed = event.target.closest?.('[data-testid="stPopover"] button, [data-testid="stPopoverButton"]')
      if (pressed && (event.key === "Enter" || event.key === " ") && pressed.getAttribute("aria-expanded") !== "true") {
        forget()
        button = pressed
        follow()
        return
      }
      const dialog = opened()
      if (!dialog || !button || !dialog.contains(event.target)) return
      if (event.key === "Escape") {
        const to = home()
        setTimeout(() => {
          if (!opened()) to?.focus()
        }, 100)
      } else if (event.key === "Tab" && !event.ctrlKey && !event.altKey) {
        const all = stops(dialog)
        if (event.target !== (event.shiftKey ? all[0] : all.at(-1))) return
        event.preventDefault()
        home()?.focus()
      }
    },
    true,
  )
})()
