// What a reader can do with a table where scripts run: sort by a column, find, leaf through, copy as TSV (for spreadsheets). The script
// stands once in each output and is the same everywhere; it takes texts as texts (textContent), asks for nothing and needs no server. A
// table of more rows than are shown brings a sample of them as JSON: what the page can do covers those, and says so.
import { html, scriptJson, type Html } from "../html.ts";
import type { CellText, Layout, Sample } from "./layout.ts";

/** A plain cell is its text; else [text, spread or "", length of the bar or -1, whether missing]. */
const cellJson = ({ text, spread, share, missing }: CellText): unknown =>
  spread === undefined && share === undefined && !missing
    ? text
    : [text, spread ?? "", share === undefined ? -1 : Number(share.toFixed(3)), missing ? 1 : 0];

/** @param widths characters of the widest spread of each column */
export function sampleJson(layout: Layout, sample: Sample, widths: readonly number[]): Html {
  return html`<script type="application/json">
    ${scriptJson({
      total: layout.rowCount,
      rows: sample.rows,
      size: layout.rows,
      gap: layout.columnGap,
      labels: sample.labels,
      widths,
      spark: layout.columns.map((column) => column.spark === true),
      columns: sample.columns.map((cells) => cells.map(cellJson)),
    })}
  </script>`;
}

export const TOOLS = html`<script>
  (() => {
    const el = (name, text, props) => Object.assign(document.createElement(name), { textContent: text ?? "" }, props);
    const value = (text) => parseFloat(text.replace("−", "-").replace("∞", "Infinity"));
    const words = new Intl.Collator(undefined, { numeric: true });
    const cellOf = (given, right, width, spark) => {
      const [text, spread, share, missing] = Array.isArray(given) ? given : [given, "", -1, 0];
      const td = el("td", "", {
        className: [right && "bl-r", missing && "bl-m", share >= 0 && "bl-bar", spark && "bl-spark"]
          .filter(Boolean)
          .join(" "),
      });
      if (share >= 0) td.style.setProperty("--bl-w", share * 100);
      const digits = right ? /^(−?)(\\d{5,15})$/.exec(text) : null;
      if (digits) {
        const head = digits[2].length % 3 || 3;
        td.append(digits[1] + digits[2].slice(0, head));
        for (let i = head; i < digits[2].length; i += 3)
          td.append(el("span", digits[2].slice(i, i + 3), { className: "bl-d" }));
      } else td.append(text);
      if (width > 0) {
        const span = el("span", spread, { className: "bl-s" });
        span.style.minWidth = width + "ch";
        td.append(" ", span);
      }
      return td;
    };
    const enhance = (box) => {
      if (box.dataset.live) return;
      box.dataset.live = "1";
      const body = box.querySelector("tbody");
      const heads = [...box.querySelectorAll("thead th")];
      const json = box.querySelector('script[type="application/json"]');
      const given = json && JSON.parse(json.textContent);
      const size = given ? given.size : Infinity;
      let rows;
      let sorted = { at: -1, down: false };
      let page = 0;
      let sought = "";
      const build = (r) => {
        const tr = el("tr");
        if (given.labels) tr.append(el("th", given.labels[r], { scope: "row" }));
        const columns = heads.slice(given.labels ? 1 : 0).filter((_, i) => i !== given.gap);
        given.columns.forEach((cells, c) => {
          if (c === given.gap) tr.append(el("td", "…", { className: "bl-m" }));
          tr.append(cellOf(cells[r], columns[c].classList.contains("bl-r"), given.widths[c], given.spark[c]));
        });
        return tr;
      };
      const all = () => (rows ??= given ? Array.from({ length: given.rows }, (_, r) => build(r)) : [...body.rows]);
      const chosen = () => {
        const found = sought === "" ? [...all()] : all().filter((tr) => tr.textContent.toLowerCase().includes(sought));
        const { at, down } = sorted;
        if (at < 0) return found;
        const text = (tr) => tr.cells[at].textContent;
        const isNumber = heads[at].classList.contains("bl-r");
        const sign = down ? -1 : 1;
        const order = (a, b) => {
          if (!isNumber) return sign * words.compare(text(a), text(b));
          const [x, y] = [value(text(a)), value(text(b))];
          // What is missing stands last, whichever way.
          return isNaN(x) || isNaN(y) ? isNaN(x) - isNaN(y) : sign * (x - y);
        };
        return found.sort(order);
      };
      const tools = el("div", "", { className: given ? "bl-tools" : "bl-tools bl-only" });
      // JupyterLab would take Enter and the arrows for itself.
      tools.dataset.lmSuppressShortcuts = "true";
      const button = (text, label, onclick) => {
        const made = el("button", text, { type: "button", title: label, ariaLabel: label });
        made.addEventListener("click", onclick);
        return made;
      };
      const place = el("span", "", { ariaLive: "polite" });
      const back = button("‹", "previous rows", () => turn(-1));
      const on = button("›", "next rows", () => turn(1));
      const copy = button("Copy", "copy these rows as TSV, for a spreadsheet", () => {
        const line = (cells) =>
          [...cells].map((c) => (c.querySelector(".bl-n") ?? c).textContent.trim().replace("−", "-")).join("\\t");
        const text = [heads, ...chosen().map((tr) => tr.cells)].map(line).join("\\n");
        const done = () => {
          copy.textContent = "Copied";
          setTimeout(() => (copy.textContent = "Copy"), 1500);
        };
        if (navigator.clipboard)
          return navigator.clipboard.writeText(text).then(done, () => (copy.textContent = "Not allowed here"));
        const area = el("textarea", text);
        tools.append(area);
        area.select();
        document.execCommand("copy");
        area.remove();
        done();
      });
      const draw = () => {
        const found = chosen();
        const last = Math.max(0, Math.ceil(found.length / size) - 1);
        page = Math.min(page, last);
        const from = size === Infinity ? 0 : page * size;
        body.replaceChildren(...found.slice(from, from + size));
        if (!given) return;
        back.disabled = page === 0;
        on.disabled = page === last;
        const range = found.length === 0 ? "none" : from + 1 + "–" + Math.min(from + size, found.length);
        const part =
          given.rows < given.total
            ? " (a sample of " + given.total.toLocaleString("en") + ": the first and the last)"
            : "";
        place.textContent = range + " of " + found.length + (sought === "" ? " rows" : " found") + part;
      };
      const turn = (by) => ((page += by), draw());
      heads.forEach((th, at) => {
        const name = th.querySelector(".bl-n");
        if (!name) return;
        const sort = button("", "sort by " + name.textContent, () => {
          const again = sorted.at === at;
          sorted = again && sorted.down ? { at: -1, down: false } : { at, down: again };
          page = 0;
          for (const other of heads) other.removeAttribute("aria-sort");
          if (sorted.at >= 0) th.setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
          draw();
        });
        sort.dataset.lmSuppressShortcuts = "true";
        name.replaceWith(sort);
        sort.append(name);
      });
      if (given) {
        const find = el("input", "", { type: "search", placeholder: "find", ariaLabel: "find in these rows" });
        find.addEventListener("input", () => ((sought = find.value.trim().toLowerCase()), (page = 0), draw()));
        tools.append(back, place, on, find);
      }
      tools.append(copy);
      box.querySelector("table").after(tools);
      if (given) draw();
    };
    document.querySelectorAll(".bl-frame").forEach(enhance);
  })();
</script>`;
