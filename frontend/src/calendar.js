// The calendar page: FullCalendar draws month, week and day; toolbar, card and dialogs are ours.
import { Calendar } from "fullcalendar";
import dayGrid from "fullcalendar/daygrid";
import interaction from "fullcalendar/interaction";
import timeGrid from "fullcalendar/timegrid";

import { wireCard } from "./calendar/card.js";
import { wireCreating } from "./calendar/creating.js";
import { wireKeys } from "./calendar/keys.js";
import { Mover } from "./calendar/moving.js";
import { describeEvent, spokenNames } from "./calendar/names.js";
import { remember, startingPoint } from "./calendar/place.js";
import { theme } from "./calendar/theme.js";
import { wireToolbar } from "./calendar/toolbar.js";
import { locale } from "./page/language.js";
import { toast } from "./page/say.js";

const LOCALES = { es: () => import("fullcalendar/locales/es") };

const page = document.querySelector("[data-calendar]");
if (page) start(page);

async function start(root) {
  const words = JSON.parse(document.getElementById("calendar-words").textContent);
  const texts = await LOCALES[locale]?.();
  const calendar = new Calendar(root.querySelector("[data-grid]"), {
    plugins: [theme, dayGrid, timeGrid, interaction],
    ...startingPoint(),
    ...(texts && { locales: [texts.default] }),
    locale,
    ...wireCreating(root.dataset.new),
    headerToolbar: false,
    height: "100%",
    timeZone: root.dataset.timezone,
    now: root.dataset.now || undefined,
    firstDay: Number(root.dataset.firstDay),
    nowIndicator: true,
    navLinks: true,
    dayMaxEvents: true,
    editable: true,
    eventStartEditable: true,
    scrollTime: "07:30:00",
    eventTimeFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
    slotHeaderFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
    eventSourceFailure: () => toast(words.notLoaded),
    slotMinHeight: 24,
    ...spokenNames(),
    eventDidMount: describeEvent(words),
    eventClass: ({ event }) => stateClasses(event.extendedProps),
  });
  const mover = new Mover(root, calendar, words);
  calendar.setOption("eventDrop", (info) => mover.confirm(info));
  calendar.setOption("eventResize", (info) => mover.confirm(info));
  wireCard(root, calendar, words);
  wireKeys(root, calendar, mover, words);
  wireToolbar(root, calendar);
  calendar.on("datesSet", ({ view }) => remember(calendar, view));
  calendar.render();
  document.addEventListener("convoca:news", () => calendar.refetchEvents());
}

function stateClasses({ state, guests }) {
  return [state && `is-${state}`, guests && "has-guests"].filter(Boolean).join(" ");
}
