// Follows the build that the page came from: another build reloads the page, a broken one covers it with what is wrong.
(() => {
  const script = document.currentScript;
  const mine = script.dataset.build;
  let cover = null;

  const line = (parent, tag, text, style) => {
    const node = document.createElement(tag);
    node.textContent = text;
    // Through the CSSOM: the page's policy forbids style attributes and elements that it does not know.
    Object.assign(node.style, style);
    parent.append(node);
    return node;
  };

  const show = (wrong) => {
    cover?.remove();
    cover = document.createElement("landing-preview");
    Object.assign(cover.style, { position: "fixed", inset: "0", zIndex: "2147483647", overflow: "auto", background: "#14110fee" });
    const root = cover.attachShadow({ mode: "open" });
    const sheet = line(root, "div", "", { margin: "0 auto", padding: "3rem 1.5rem", maxWidth: "60rem", color: "#f4efe9", font: "16px/1.5 ui-monospace, monospace" });
    sheet.setAttribute("role", "alert");
    for (const one of wrong) {
      const place = one.place ? one.place.file + (one.place.line ? ":" + one.place.line : "") : "";
      line(sheet, "div", place, { color: "#f0b37e", marginTop: "1.5rem" });
      line(sheet, "div", one.message, { fontSize: "1.25em", fontWeight: "600", whiteSpace: "pre-wrap" });
      if (one.excerpt) line(sheet, "pre", one.excerpt, { background: "#00000066", padding: ".75rem 1rem", overflow: "auto", margin: ".5rem 0" });
      if (one.hint) line(sheet, "div", one.hint, { color: "#a9d6a4", whiteSpace: "pre-wrap" });
    }
    line(sheet, "div", "The page behind is the last one that could be built. This note goes when the file is mended.", { marginTop: "2rem", opacity: ".6" });
    document.documentElement.append(cover);
  };

  const events = new EventSource("/.well-known/landing-preview/events");
  events.onmessage = (message) => {
    const state = JSON.parse(message.data);
    if (state.wrong.length) return show(state.wrong);
    if (state.build !== mine) return location.reload();
    cover?.remove();
    cover = null;
  };
})();
