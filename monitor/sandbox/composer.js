// Small builders and the box in which a visitor types. What people wrote is only ever set as text.
"use strict";

function make(tag, options = {}, ...children) {
  const { text, on = {}, ...rest } = options;
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(rest)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  for (const [event, act] of Object.entries(on)) node.addEventListener(event, act);
  if (text !== undefined) node.textContent = text;
  node.append(...children.filter(Boolean));
  return node;
}

const byId = (id) => document.getElementById(id);

function notice(text) {
  const box = byId("notice");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(notice.timer);
  notice.timer = setTimeout(() => { box.hidden = true; }, 6000);
}

async function post(path, body) {
  try {
    const answer = await fetch(path, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
    const told = await answer.json();
    if (answer.ok) return told;
    notice(told.error || "That did not work.");
  } catch {
    notice("The sandbox does not answer. Is it still running?");
  }
  return null;
}

function peopleSelect(people) {
  const select = make("select", { class: "people", "aria-label": "Write as" });
  const groups = [["customer", "Customers"], ["staff", "Staff"], ["stranger", "Strangers"]];
  for (const [side, label] of groups) {
    const group = make("optgroup", { label });
    if (side === "customer") group.append(make("option", { value: "new", text: "a new customer" }));
    for (const person of people.filter((p) => p.side === side)) {
      group.append(make("option", { value: person.key, text: `${person.name} (${person.language})` }));
    }
    select.append(group);
  }
  return select;
}

// One place a row: a forum's topics are places of their own here.
function placeSelect(places) {
  const select = make("select", { "aria-label": "Write in" });
  for (const place of places) {
    select.append(make("option", { value: JSON.stringify([place.place, place.thread]), text: place.name }));
  }
  return select;
}

class Composer {
  constructor(platform, places, people, opening) {
    this.platform = platform;
    this.opening = opening || "";
    this.places = placeSelect(places);
    this.people = peopleSelect(people);
    this.answering = null;
    this.text = make("textarea", {
      "aria-label": "Message", maxlength: 4000,
      placeholder: platform === "reddit" ? "Title on the first line" : "Write, or click a message",
      on: { keydown: (e) => this.key(e) },
    });
    this.text.value = this.opening;
    this.chip = make("div", { class: "answering", hidden: true });
    this.button = make("button", { class: "send", type: "submit", text: "Send" });
    this.places.hidden = places.length < 2;
    this.node = make("form", { class: "composer", on: { submit: (e) => this.send(e) } },
      this.chip,
      make("div", { class: "row" }, this.people, this.places),
      make("div", { class: "row" }, this.text, this.button));
  }

  key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.send(event);
    if (event.key === "Escape") this.answer(null);
  }

  choose(place, thread) {
    const wanted = JSON.stringify([place, thread ?? null]);
    const options = [...this.places.options];
    const found = options.find((o) => o.value === wanted) || options.find((o) => JSON.parse(o.value)[0] === place);
    if (found) this.places.value = found.value;
  }

  answer(message) {
    this.answering = message;
    this.chip.hidden = message === null;
    this.places.disabled = message !== null;
    if (message === null) return;
    this.choose(message.place, message.thread);
    this.chip.replaceChildren(
      make("span", { text: `Answer to ${message.name}: ${message.text}` }),
      make("button", { type: "button", class: "plain", text: "×", "aria-label": "Do not answer", on: { click: () => this.answer(null) } }));
    this.text.focus({ preventScroll: true });
  }

  // A new customer goes on as the same person, until "a new customer" is chosen again.
  become(told) {
    for (const select of document.querySelectorAll("select.people")) {
      select.querySelector("[value=new]").after(make("option", { value: told.as, text: `${told.name} (you)` }));
    }
    this.people.value = told.as;
  }

  async send(event) {
    event.preventDefault();
    const text = this.text.value.trim();
    if (!text || text === this.opening.trim()) return;
    const [place, thread] = JSON.parse(this.places.value);
    const to = this.answering;
    this.button.disabled = true;
    const told = await post("/say", {
      platform: this.platform, place: to ? to.place : place, as: this.people.value, text,
      reply_to: to ? to.id : null, thread: to ? to.thread : thread,
    });
    this.button.disabled = false;
    if (!told) return;
    if (this.people.value === "new") this.become(told);
    this.text.value = this.opening;
    this.answer(null);
  }
}
