/** A question before something that cannot be undone. */

import { button, element, freshId } from "./elements.js";

/** Resolves with whether the reader agreed; Escape means no. */
export function confirmed(question, detail, verb) {
  return new Promise((resolve) => {
    const [title, about] = [freshId("title"), freshId("about")];
    let agreed = false;
    const close = (yes) => () => {
      agreed = yes;
      dialog.close();
    };
    const keep = button("Keep", close(false));
    const dialog = element("dialog", {
      class: "card", role: "alertdialog", "aria-labelledby": title, "aria-describedby": about,
      on: {
        close: () => {
          dialog.remove();
          resolve(agreed);
        },
      },
    },
    element("h2", { id: title }, question), element("p", { id: about }, detail),
    element("div", { class: "choices" }, keep,
      button(verb, close(true), { class: "call danger" })));
    document.body.append(dialog);
    dialog.showModal();
    keep.focus();
  });
}
