// Of the fields for repeating only those that matter are shown.
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
    if (target.name === "start_date" || target.name === "repeat") onDay();
  });
  show();
}

/** A weekly event falls on the weekday of its start until other days are chosen. */
function chooseStartsWeekday(form) {
  const boxes = [...form.querySelectorAll('[name="weekdays"]')];
  const chosen = boxes.filter((box) => box.checked);
  const day = new Date(`${form.elements.start_date.value}T12:00:00Z`).getUTCDay();
  if (Number.isNaN(day) || chosen.length > 1) return;
  for (const box of boxes) box.checked = box.dataset.day === String(day);
}
