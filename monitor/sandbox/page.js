// Shows what happens in the sandbox. It asks /state once and listens to /events from there on.
"use strict";

const columns = new Map(); // key to Column
const messages = new Map(); // "platform place id" to what is shown
let boot = null;

const clock = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const exact = new Intl.DateTimeFormat([], { dateStyle: "medium", timeStyle: "medium" });
const nameOf = (m) => [m.platform, m.place, m.id].join(" ");

function wait(seconds) {
  if (seconds < 0) return "";
  if (seconds < 10) return `after ${seconds.toFixed(1)} s`;
  if (seconds < 120) return `after ${Math.round(seconds)} s`;
  return `after ${Math.round(seconds / 60)} min`;
}

class Column {
  constructor(spec, people) {
    Object.assign(this, spec);
    this.unread = 0;
    this.filter = null;
    this.empty = make("p", { class: "empty", text: spec.empty });
    this.feed = make("div", { class: "feed", tabindex: 0, "aria-label": spec.title, on: { scroll: () => this.scrolled() } }, this.empty);
    this.newer = make("button", { type: "button", class: "newer", text: "Newer ↓", hidden: true, on: { click: () => this.down() } });
    const head = make("header", {}, make("h2", { text: spec.title }), make("p", { text: spec.hint }));
    this.node = make("section", { class: "column", "data-key": spec.key, "aria-label": spec.title }, head, this.feed, this.newer);
    if (spec.filters.length > 1) head.append(this.chips());
    if (spec.platform !== "email") {
      this.composer = new Composer(spec.platform, spec.places, people, spec.opening);
      if (spec.key === "desk") this.composer.people.value = spec.speaker;
      this.node.append(this.composer.node);
    }
    this.tab = make("button", { type: "button", role: "tab", on: { click: () => choose(this.key) } }, spec.short);
    this.badge = make("span", { class: "count", hidden: true });
    this.tab.append(this.badge);
  }

  chips() {
    const row = make("div", { class: "chips" });
    const all = [{ name: "All", place: null }, ...this.filters];
    for (const { name, place } of all) {
      row.append(make("button", { type: "button", text: name, "aria-pressed": String(place === null), on: { click: (e) => {
        for (const chip of row.children) chip.setAttribute("aria-pressed", String(chip === e.target));
        this.filter = place;
        if (place !== null) this.composer.choose(place, null);
        for (const node of this.feed.querySelectorAll("[data-place]")) node.hidden = this.hides(node.dataset.place);
        this.down();
      } } }));
    }
    return row;
  }

  hides(place) { return this.filter !== null && this.filter !== place; }
  atEnd() { return this.feed.scrollHeight - this.feed.scrollTop - this.feed.clientHeight < 60; }
  down() { this.feed.scrollTop = this.feed.scrollHeight; this.newer.hidden = true; }
  scrolled() { if (this.atEnd()) this.newer.hidden = true; }
  visible() { return this.node.offsetParent !== null; }

  put(node, into, live) {
    const follow = this.atEnd();
    this.empty.remove();
    (into || this.feed).append(node);
    this.settle(follow, live);
  }

  settle(follow, live) {
    if (!live) return;
    if (follow) this.down();
    else if (this.visible()) this.newer.hidden = false;
    if (!this.visible()) this.count(this.unread + 1);
  }

  count(unread) {
    this.unread = unread;
    this.badge.hidden = unread === 0;
    this.badge.textContent = unread > 99 ? "99+" : String(unread);
  }
}

function choose(key) {
  for (const column of columns.values()) {
    const chosen = column.key === key;
    column.node.classList.toggle("chosen", chosen);
    column.tab.setAttribute("aria-selected", String(chosen));
    if (chosen) { column.count(0); column.down(); }
  }
}

function columnOf(m) {
  return [...columns.values()].find((c) => c.holds.includes(m.place) && c.platform === m.platform)
    || [...columns.values()].find((c) => c.platform === m.platform && c.key !== "desk");
}

function quote(m, parent) {
  const text = parent ? `${parent.name}: ${parent.text}` : "an earlier message";
  return make("div", { class: "quote", text, title: text });
}

function body(m) {
  const node = make("div", { class: "text" });
  const [title, ...rest] = m.titled ? m.text.split("\n\n") : [null, m.text];
  if (title !== null) node.append(make("strong", { text: title }));
  node.append(rest.join("\n\n"));
  return node;
}

function draw(m, column, parent, live) {
  const tree = column.tree;
  const answers = parent && ["staff", "product"].includes(m.side);
  const since = answers ? wait((Date.parse(m.at) - Date.parse(parent.at)) / 1000) : "";
  const tag = m.side !== "product" ? m.side : m.name === "Desk" ? "" : "the desk";
  const meta = make("div", { class: "meta" },
    make("b", { text: m.name }), tag && make("span", { text: tag }),
    m.where && make("span", { class: "where", text: m.where }),
    since && make("span", { class: "after", text: since }),
    make("time", { datetime: m.at, title: exact.format(new Date(m.at)), text: clock.format(new Date(m.at)) }));
  const card = make("article", { class: `message ${m.side}${live ? " fresh" : ""}`, tabindex: 0 }, meta);
  if (!tree && m.reply_to) card.append(quote(m, parent));
  m.body = body(m);
  m.marks = make("div", { class: "marks" });
  card.append(m.body, m.marks);
  if (m.keys && m.keys.length) card.append(keys(m));
  card.addEventListener("click", (event) => {
    if (!event.target.closest("button") && !String(getSelection())) column.composer.answer(m);
  });
  card.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target === card) column.composer.answer(m);
  });
  m.card = card;
  return card;
}

function keys(m) {
  const row = make("div", { class: "keys" });
  for (const key of m.keys) {
    const press = () => post("/press", { place: m.place, id: m.id, key: key.value, as: columnOf(m).composer.people.value });
    row.append(make("button", { type: "button", text: key.text, on: { click: press } }));
  }
  return row;
}

function said(m, live) {
  const column = columnOf(m);
  if (!column || messages.has(nameOf(m))) return;
  messages.set(nameOf(m), m);
  const parent = m.reply_to ? messages.get(nameOf({ ...m, id: m.reply_to })) : null;
  const card = draw(m, column, parent, live);
  if (!column.tree) {
    card.dataset.place = m.place;
    card.hidden = column.hides(m.place);
    column.put(card, null, live);
    return;
  }
  m.replies = make("div", { class: "replies" });
  if (parent) {
    const follow = column.atEnd();
    parent.replies.append(card, m.replies);
    m.thread_node = parent.thread_node;
    if (follow) column.feed.append(m.thread_node); // the liveliest thread is the lowest
    column.settle(follow, live);
    return;
  }
  m.thread_node = make("div", { class: "thread", "data-place": m.place }, card, m.replies);
  m.thread_node.hidden = column.hides(m.place);
  column.put(m.thread_node, null, live);
}

function changed(m) {
  const known = messages.get(nameOf(m)) || messages.get(nameOf({ ...m, id: m.was || m.id }));
  if (!known) return m.kind === "edited" ? said(m, true) : undefined;
  if (m.kind === "deleted") known.card.classList.add("deleted");
  if (m.kind === "reacted") known.marks.textContent = m.text;
  if (m.kind === "edited") {
    known.text = m.text;
    const fresh = body({ ...m, titled: known.titled });
    known.body.replaceWith(fresh);
    known.body = fresh;
    known.marks.textContent = "edited";
    known.card.querySelector(".keys")?.remove();
    known.keys = m.keys;
    if (m.keys && m.keys.length) known.card.append(keys(known));
    messages.set(nameOf(m), known);
  }
}

function happened(m, live) {
  if (m.kind === "said") said(m, live);
  else if (["edited", "deleted", "reacted"].includes(m.kind)) changed(m);
  else if (m.kind === "told" && live && m.text) notice(`${m.name} is told: ${m.text}`);
}

function condition(now) {
  const mailbox = columns.get("email");
  for (let n = mailbox.letters || 0; n < now.mails.length; n += 1) mailbox.put(letter(now.mails[n]), null, true);
  mailbox.letters = now.mails.length;
  byId("pending").hidden = now.pending.length === 0;
  byId("pending").textContent = now.pending.length;
  list("fault-pending", now.pending, "Nothing: everything works.");
  list("fault-struck", now.struck, "Nothing yet.");
}

function list(id, rows, none) {
  const fill = rows.length ? rows.map((r) => make("li", {}, make("b", { text: r.what }), ` ${r.where}`)) : [make("li", { text: none })];
  byId(id).replaceChildren(...fill);
}

function letter(mail) {
  return make("button", { type: "button", class: "letter", on: { click: () => read(mail) } },
    make("b", { text: mail.subject }),
    make("small", { text: `to ${mail.to}` }), make("small", { text: clock.format(new Date(mail.at)) }));
}

function read(mail) {
  byId("mail-subject").textContent = mail.subject;
  byId("mail-heads").textContent = `from ${mail.from} to ${mail.to}`;
  byId("mail-text").textContent = mail.text;
  byId("mail-html").src = `/mail/${mail.number}`;
  mailAs(mail.has_html ? "html" : "text");
  byId("mail").showModal();
}

function mailAs(form) {
  for (const other of ["html", "text"]) {
    byId(`mail-${other}`).hidden = other !== form;
    byId(`mail-as-${other}`).setAttribute("aria-selected", String(other === form));
  }
}

function faultButtons(groups) {
  for (const group of groups) {
    const row = make("div", { class: "fault-group" });
    for (const { name, wish, title } of group.faults) {
      row.append(make("button", { type: "button", text: name, title, on: { click: async () => {
        const told = await post("/fault", wish);
        if (told) notice(told.ordered);
      } } }));
    }
    byId("fault-buttons").append(make("h3", { text: group.name }), row);
  }
}

function live(on) {
  const mark = byId("live");
  mark.textContent = on ? "live" : "not connected";
  mark.className = `live ${on ? "on" : "off"}`;
}

function listen(after) {
  const source = new EventSource(`/events?after=${after}`);
  source.addEventListener("boot", (e) => {
    if (JSON.parse(e.data).boot !== boot) location.reload();
    live(true);
  });
  source.addEventListener("happening", (e) => happened(JSON.parse(e.data), true));
  source.addEventListener("condition", (e) => condition(JSON.parse(e.data)));
  source.addEventListener("error", () => live(false));
}

function drawer(open) {
  byId("faults").hidden = !open;
  byId("open-faults").setAttribute("aria-expanded", String(open));
}

async function start() {
  const state = await (await fetch("/state")).json();
  boot = state.boot;
  for (const spec of state.columns) {
    const column = new Column(spec, state.people);
    columns.set(spec.key, column);
    byId("columns").append(column.node);
    byId("tabs").append(column.tab);
  }
  choose(state.columns[0].key);
  faultButtons(state.failures);
  for (const m of state.happenings) happened(m, false);
  condition(state);
  for (const column of columns.values()) { column.count(0); column.down(); }
  listen(state.next);
}

byId("open-faults").addEventListener("click", () => drawer(byId("faults").hidden));
byId("close-faults").addEventListener("click", () => drawer(false));
byId("clear-faults").addEventListener("click", () => post("/fault", { clear: true }));
byId("mail-close").addEventListener("click", () => byId("mail").close());
byId("mail-as-html").addEventListener("click", () => mailAs("html"));
byId("mail-as-text").addEventListener("click", () => mailAs("text"));
document.addEventListener("keydown", (e) => { if (e.key === "Escape") drawer(false); });
addEventListener("resize", () => { for (const column of columns.values()) column.down(); });
start().catch(() => { live(false); notice("The sandbox does not answer. Reload when it runs again."); });
