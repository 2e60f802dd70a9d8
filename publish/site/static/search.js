// Searches the firms of the page, whatever case and accents are typed. Without it the same firms stand there, by sector
// and by category.
(() => {
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/\s+/g, " ");
  for (const list of document.querySelectorAll(".directory")) {
    const firms = [...list.querySelectorAll(".firm")].map((item) => [item, plain(item.textContent)]);
    const field = list.querySelector("input"), told = list.querySelector("[role=status]");
    const search = () => {
      const wanted = plain(field.value).trim().split(" ");
      let shown = 0;
      for (const [item, text] of firms) {
        item.hidden = !wanted.every((word) => text.includes(word));
        shown += !item.hidden;
      }
      const count = list.dataset.count.replace("{shown}", shown).replace("{all}", firms.length);
      told.textContent = !field.value.trim() ? "" : shown ? count : list.dataset.none;
    };
    list.querySelector(".search").hidden = false;
    field.addEventListener("input", search);
    search();
  }
})();
