/** A function that can be called: its form, its code and its answer, kept in step. */

import { placeOf, readAnswer } from "./answer.js";
import { send } from "./call.js";
import { buildCode } from "./code.js";
import { element, switcher } from "./elements.js";
import { buildForm } from "./form.js";
import { compose, start } from "./request.js";
import { noAnswer, sentence, showFailure, showReply } from "./result.js";
import { SNIPPETS } from "./snippets.js";
import { WIDGETS } from "./widgets.js";

const PROTOCOLS = [["predict", "Predict"], ["v2", "V2"]];

/**
 * The element of a function whose paths begin at `base`, an absolute URL. A page may hand in other
 * widgets, snippets and views, and `called`, which follows each answer.
 */
export function buildPanel(contract, base, tools = {}) {
  const { widgets = WIDGETS, snippets = SNIPPETS, views = {}, called = () => {} } = tools;
  const state = start(contract);
  const parts = {
    contract, state, base, views, called,
    answer: element("div", { class: "answer" }, noAnswer()),
    spoken: element("p", { class: "unseen", role: "status", "aria-live": "polite" }),
    submit: element("button", { type: "submit", class: "call" }, "Call"),
    code: buildCode(snippets),
    underway: null,
    named: null,
  };
  parts.form = buildForm(state, () => refresh(parts, { edited: true }), widgets);
  const shown = layout(parts);
  refresh(parts);
  return shown;
}

function layout(parts) {
  const { contract, state, form } = parts;
  const offered = PROTOCOLS.filter(([value]) => contract.paths[value]);
  const protocol = switcher("Protocol", offered, state.protocol, (value) => {
    state.protocol = value;
    refresh(parts, { edited: true });
  });
  const made = element("form", {
    class: "card form", novalidate: true, "aria-label": `Call ${contract.name}`,
    on: {
      submit: (event) => {
        event.preventDefault();
        call(parts);
      },
      keydown: (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) made.requestSubmit();
      },
    },
  },
  element("div", { class: "card-head" }, element("h2", {}, "Request"), protocol),
  ...form.sections,
  element("div", { class: "send" }, parts.submit,
    element("span", { class: "hint" }, "Ctrl + Enter")));
  return element("div", { class: "panel" }, made,
    element("div", { class: "side" },
      element("section", { class: "card", "aria-label": "Answer" },
        element("div", { class: "card-head" }, element("h2", {}, "Answer")),
        parts.spoken, parts.answer),
      element("section", { class: "card", "aria-label": "Code" },
        element("div", { class: "card-head" }, element("h2", {}, "Code")), parts.code.panel)));
}

/** The code and the marks follow the form; an error that the server named goes with an edit. */
function refresh(parts, { edited = false } = {}) {
  if (edited) parts.named = null;
  const composed = compose(parts.contract, parts.state);
  const problems = parts.named ? [...composed.problems, parts.named] : composed.problems;
  parts.form.mark(problems, composed.notes);
  const url = composed.request && absolute(parts.base, composed.request.path);
  parts.code.show(composed.request, url);
  return composed;
}

function absolute(base, path) {
  return new URL(`.${path}`, base).href;
}

async function call(parts) {
  if (parts.underway) {
    parts.underway.abort();
    return;
  }
  const { request, problems } = refresh(parts, { edited: true });
  parts.form.reveal();
  if (!request) {
    parts.spoken.textContent = "";
    parts.form.focus(problems[0]);
    return;
  }
  parts.underway = new AbortController();
  busy(parts, true);
  try {
    const url = absolute(parts.base, request.path);
    answered(parts, request, await send(request, url, parts.underway.signal));
  } catch (error) {
    const message = error.name === "AbortError"
      ? "You stopped waiting; the function may still be at work." : String(error.message ?? error);
    parts.answer.replaceChildren(showFailure(message));
    parts.spoken.textContent = message;
  } finally {
    parts.underway = null;
    busy(parts, false);
  }
}

function busy({ submit, answer, spoken }, is) {
  submit.textContent = is ? "Stop" : "Call";
  submit.classList.toggle("busy", is);
  answer.setAttribute("aria-busy", String(is));
  if (is) spoken.textContent = "Waiting for the answer";
}

function answered(parts, request, reply) {
  const answer = readAnswer(reply.status, reply.text);
  const place = answer.error && placeOf(answer.error, request);
  if (place) {
    parts.named = { ...place, message: answer.error.message };
    refresh(parts);
  }
  const jump = place ? () => parts.form.focus(place) : null;
  parts.answer.replaceChildren(showReply(reply, answer, jump, parts.views));
  parts.called(answer);
  parts.spoken.textContent = sentence(reply, answer);
  const { top } = parts.answer.getBoundingClientRect();
  if (top > window.innerHeight - 80) parts.answer.parentElement.scrollIntoView({ block: "start" });
}
