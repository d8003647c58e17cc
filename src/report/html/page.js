"use strict";
(() => {
  const form = document.getElementById("filter");
  const articles = [...document.querySelectorAll("article")];
  const shown = document.getElementById("shown");
  const nothing = document.getElementById("nothing");
  const texts = new Map(articles.map((article) => [article, article.textContent.toLowerCase()]));
  const apply = () => {
    const data = new FormData(form);
    const severities = new Set(data.getAll("severity"));
    const [rule, folder, text] = ["rule", "folder", "text"].map((name) => String(data.get(name) || ""));
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const article of articles) {
      const fits =
        severities.has(article.dataset.severity) &&
        (!rule || article.dataset.rule === rule) &&
        (!folder || article.dataset.folder === folder) &&
        words.every((word) => texts.get(article).includes(word));
      article.hidden = !fits;
      count += fits ? 1 : 0;
    }
    shown.textContent = String(count);
    nothing.hidden = count > 0 || articles.length === 0;
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  const button = document.getElementById("open");
  button.addEventListener("click", () => {
    const open = button.textContent === "Open all";
    for (const article of articles) article.querySelector("details").open = open;
    button.textContent = open ? "Close all" : "Open all";
  });
  // A link to a rule opens its page.
  const reveal = () => {
    const target = location.hash.startsWith("#rule-") && document.getElementById(location.hash.slice(1));
    if (target) target.open = true;
  };
  addEventListener("hashchange", reveal);
  reveal();
  addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== "checkbox";
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key === "/") {
      event.preventDefault();
      form.elements.text.focus();
    } else if (event.key === "j" || event.key === "k") {
      const visible = articles.filter((article) => !article.hidden).map((article) => article.querySelector("summary"));
      const at = visible.indexOf(document.activeElement);
      const next = visible[event.key === "j" ? Math.min(at + 1, visible.length - 1) : Math.max(at - 1, 0)];
      if (next) next.focus();
    }
  });
})();
