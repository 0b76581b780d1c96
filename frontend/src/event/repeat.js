// Of the fields for repeating only those that matter are shown.
import { isOneDate } from "./scope.js";

export function wireRepeat(form) {
  const show = () => {
    const { repeat, ends } = form.elements;
    for (const part of form.querySelectorAll("[data-repeat]")) {
      const kinds = part.dataset.repeat.split(" ");
      part.hidden = !(kinds.includes(repeat.value) || (kinds.includes("any") && repeat.value));
    }
    for (const part of form.querySelectorAll("[data-ends]")) {
      part.hidden = part.dataset.ends !== ends.value;
    }
  };
  const onDay = () => chooseStartsWeekday(form);
  form.addEventListener("change", ({ target }) => {
    show();
    if (["start_date", "repeat", "scope"].includes(target.name)) onDay();
  });
  show();
}

/**
 * A weekly event falls on the weekday of its start until other days are chosen; one date that
 * moves to another day leaves its series where it is.
 */
function chooseStartsWeekday(form) {
  const boxes = [...form.querySelectorAll('[name="weekdays"]')];
  const chosen = boxes.filter((box) => box.checked);
  const day = new Date(`${form.elements.start_date.value}T12:00:00Z`).getUTCDay();
  if (Number.isNaN(day) || chosen.length > 1) return;
  const isAlone = isOneDate(form);
  for (const box of boxes) box.checked = isAlone ? box.defaultChecked : box.dataset.day === String(day);
}
