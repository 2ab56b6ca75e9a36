/** What a form says of its rows: what was understood, and what is wrong. */

/** What was understood, below each input. */
export function tell({ rows }, notes) {
  for (const row of rows.inputs) row.querySelector(".note").textContent = "";
  for (const { row, note } of notes) rows.inputs[row].querySelector(".note").textContent = note;
}

/** The problems, in rows that the reader has left once. */
export function mark({ rows, left, problems }) {
  for (const row of Object.values(rows).flat()) clear(row);
  for (const { kind, row, part, message } of problems) {
    const place = rows[kind][row];
    if (!place || !left.has(place)) continue;
    const line = problemLine(place);
    const control = controlOf(place, part);
    line.textContent = line.hidden ? message : `${line.textContent}. ${message}`;
    line.hidden = false;
    place.classList.add("wrong");
    control?.setAttribute("aria-invalid", "true");
    control?.setAttribute("aria-describedby", line.id);
  }
}

function clear(row) {
  row.classList.remove("wrong");
  problemLine(row).hidden = true;
  for (const control of row.querySelectorAll("[aria-invalid]")) {
    control.removeAttribute("aria-invalid");
    control.removeAttribute("aria-describedby");
  }
}

/** A row's own line; widgets may have others. */
function problemLine(row) {
  return [...row.querySelectorAll(".problem")].pop();
}

function controlOf(row, part) {
  return row.querySelector(`[data-part="${part}"]`) ?? row.querySelector("[data-part]");
}

/** To the control that a problem is of. */
export function focus({ rows }, { kind, row, part }) {
  controlOf(rows[kind][row], part)?.focus();
}
